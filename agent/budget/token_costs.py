"""What a prefill token costs beside a decode token: learnt from what was measured. Pure."""

from typing import Final

from agent.engine.protocol import Tokens
from agent.units import Joules

_KEEPS: Final = 0.998
"""Of what was learnt before, with each new span: about the last 500 spans, a minute of work, count."""

_LEAST_SPREAD: Final = 0.02
"""Spans in which both kinds of tokens always stand in the same proportion do not tell them apart. This is one minus the
squared correlation of the two counts (about the origin), and 0 there."""

_MOST_APART: Final = 1000.0


class TokenCosts:
    """Least squares over the spans: joules = prefill tokens x one cost + decode tokens x another.

    Only the proportion of the two matters: it shares out what was measured, and predicts nothing.
    """

    def __init__(self) -> None:
        self._prefill_weight = 0.1
        self._pp = self._pd = self._dd = self._pe = self._de = 0.0

    @property
    def prefill_weight(self) -> float:
        """A prefill token's cost, in decode tokens'. Before anything was learnt, a tenth."""
        return self._prefill_weight

    def weight(self, tokens: Tokens) -> float:
        """What these cost, in decode tokens'."""
        return self._prefill_weight * tokens.prefill + tokens.decode

    def saw(self, tokens: Tokens, joules: Joules) -> None:
        """In a span, so many tokens of all requests together cost so much."""
        prefill, decode = tokens.prefill, tokens.decode
        self._pp = self._pp * _KEEPS + prefill * prefill
        self._pd = self._pd * _KEEPS + prefill * decode
        self._dd = self._dd * _KEEPS + decode * decode
        self._pe = self._pe * _KEEPS + prefill * joules
        self._de = self._de * _KEEPS + decode * joules
        determinant = self._pp * self._dd - self._pd * self._pd
        if determinant <= _LEAST_SPREAD * self._pp * self._dd:
            return
        of_prefill = self._pe * self._dd - self._de * self._pd
        of_decode = self._de * self._pp - self._pe * self._pd
        if of_prefill > 0 and of_decode > 0:
            self._prefill_weight = min(max(of_prefill / of_decode, 1 / _MOST_APART), _MOST_APART)
