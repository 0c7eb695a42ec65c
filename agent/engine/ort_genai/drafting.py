"""Drafting ahead with the library's own n-grams: what of it a model can, and what came of it."""

import logging
from typing import Any

import onnxruntime_genai as og

from agent.engine.exactness import is_exact, tokens_needed
from agent.engine.prefixes import Kept
from agent.engine.speculation import DRAFT_LENGTH, NGRAM_SIZE, Speculation

_TRIED = 4
"""Generated tokens after which a model that cannot has said so."""
_log = logging.getLogger(__name__)


def drafted(kept: Kept[Any]) -> tuple[int, int]:
    """Tokens that a generator has drafted since it was made, and those of them that were accepted."""
    if not kept.profile.draft:
        return 0, 0
    stats = kept.generator.get_speculative_stats()
    return int(stats["draft_tokens_proposed"]), int(stats["draft_tokens_accepted"])


def possible(model: Any, wanted: Speculation) -> Speculation:  # noqa: ANN401 - the library has no types
    """What of it can be had: with some models the library cannot draft, and on most kernels it is not exact."""
    if wanted is Speculation.OFF:
        return wanted
    text = range(tokens_needed(DRAFT_LENGTH + 1))
    params = og.GeneratorParams(model)
    params.set_search_options(max_length=2 * len(text) + _TRIED, random_seed=0)
    try:
        alone = og.Generator(model, params)
        params.set_speculative_options(ngram_size=NGRAM_SIZE, max_draft_tokens=DRAFT_LENGTH)
        _draft(og.Generator(model, params), [*text, *text])
        if wanted is Speculation.ON or is_exact(alone, text, DRAFT_LENGTH + 1):
            return wanted
    except RuntimeError:
        _log.warning("speculation_unsupported")
    else:
        _log.warning("speculation_inexact")
    return Speculation.OFF


def _draft(generator: Any, text: list[int]) -> None:  # noqa: ANN401 - the library has no types
    """Have it draft: a model without the logits of every token fails only then.

    Raises:
        RuntimeError: It cannot.
    """
    generator.append_tokens(text)
    for _ in range(_TRIED):
        if not generator.is_done():
            generator.generate_next_token()
