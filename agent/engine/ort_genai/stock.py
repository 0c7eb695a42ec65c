"""The generators of one model: made, kept, used again; and the model itself, which is loaded anew for its graphs' sake.

Owns the loaded model. Invariant: no more than `MOST_RECORDED` graphs, and one for each request that runs beside, are
recorded of one load.
"""

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import onnxruntime_genai as og

from agent.engine.guidance import schema_refusal
from agent.engine.ort_genai.memory import give_back_free_memory
from agent.engine.prefixes import Kept, Prefixes, Profile, Wanted
from agent.engine.speculation import NGRAM_SIZE

SEEDS = 2**31
MOST_RECORDED = 100
"""CUDA graphs of one load: each leaves about 1.2 MB of the card behind (a 3B) when its generator goes, which come back
with the model's end only."""


class Stock:
    """What requests get their generators from.

    Args:
        model: The loaded `onnxruntime_genai.Model`.
        top_k: How many of the likeliest tokens sampling looks at.
        load_again: Loads it anew, once the one before is gone; None: its steps are not recorded.
    """

    def __init__(self, model: Any, *, top_k: int, load_again: Callable[[], Any] | None) -> None:  # noqa: ANN401
        self._model = model
        self._top_k = top_k
        self._load_again = load_again
        self._prefixes: Prefixes[Any] = Prefixes()
        self._recorded = 0

    @property
    def tokens(self) -> int:
        """In the KV caches of the generators that are kept."""
        return self._prefixes.tokens

    @property
    def is_worn(self) -> bool:
        """Whether so many graphs have been recorded that the model is to be loaded anew."""
        return self._recorded >= MOST_RECORDED

    def renew(self) -> None:
        """Load the model anew, in seconds; no generator of it may be in use.

        Raises:
            RuntimeError: It cannot be loaded any more; then there is none.
        """
        assert self._load_again is not None  # noqa: S101 - tells the type checker; nothing is worn without
        self._prefixes.clear()
        del self._model
        give_back_free_memory()
        self._model = self._load_again()
        self._recorded = 0

    def take(self, wanted: Wanted) -> Kept[Any]:
        """A generator that has read the begin of the prompt already, or one that begins.

        Raises:
            RejectedError: The schema cannot be followed.
        """
        kept = self._prefixes.take(wanted)
        return kept or Kept(self._generator(wanted.profile, wanted.capacity), wanted.profile, wanted.capacity, ())

    def as_recorded(self, kept: Kept[Any]) -> Kept[Any]:
        """The same as it is once it generates a second token, and so the first with a step of its own."""
        if self._load_again is None or kept.recorded:
            return kept
        self._recorded += 1
        return replace(kept, recorded=True)

    def keep(self, kept: Kept[Any]) -> None:
        """Take a generator back that is not used any more."""
        self._prefixes.keep(kept)

    def forget(self) -> None:
        """Give up what is kept."""
        self._prefixes.clear()

    def close(self) -> None:
        """Give up the model, too."""
        self.forget()
        del self._model

    def _generator(self, profile: Profile, capacity: int) -> Any:  # noqa: ANN401 - the library has no types
        params = og.GeneratorParams(self._model)
        params.set_search_options(
            max_length=capacity,  # the KV cache is allocated for so many
            min_length=profile.min_length,
            do_sample=profile.temperature > 0,
            temperature=profile.temperature,
            top_p=profile.top_p,
            top_k=self._top_k,
            # Left to itself the library draws 624 words of system entropy, greedy or not: 12 ms.
            random_seed=secrets.randbelow(SEEDS) if profile.seed is None else profile.seed % SEEDS,
        )
        if profile.draft:
            params.set_speculative_options(ngram_size=NGRAM_SIZE, max_draft_tokens=profile.draft)
        if profile.grammar is None:
            return og.Generator(self._model, params)
        params.set_guidance("lark_grammar", profile.grammar)
        try:
            return og.Generator(self._model, params)
        except RuntimeError as error:
            raise schema_refusal(error) from error
