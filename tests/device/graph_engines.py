"""The agent's engine with CUDA graphs and without: a part of `graph_check`."""

import json
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from agent.budget.prompt_chunk import MOST_CHUNK
from agent.engine.child import load
from agent.engine.ort_genai import graphs
from agent.engine.pipe import EngineSpec
from agent.engine.protocol import Engine, Finished, GenerationRequest, Refused
from agent.prompt import FinishReason, Message, PromptId, Role, Sampling
from tests.device.graph_generators import TOKENS, difference

SYSTEM = " ".join(f"Rule {number}: a visitor of kind {number} is told in one short sentence." for number in range(24))
SCHEMA = json.dumps({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})

NAMES = count()


def request(question: str, min_tokens: int = 0, **sampling: Any) -> GenerationRequest:  # noqa: ANN401 - as Sampling
    """One with a system prompt; what is kept is not used for one of other `min_tokens`."""
    messages = (Message(Role.SYSTEM, SYSTEM), Message(Role.USER, question))
    wanted = Sampling(**{"max_tokens": TOKENS, "temperature": 0.0, **sampling})
    return GenerationRequest(PromptId(f"r{next(NAMES)}"), messages, wanted, min_tokens=min_tokens)


def run_all(engine: Engine, wanted: Sequence[GenerationRequest], *, cancel: int | None = None) -> list[Finished]:
    """Their outcomes; the first one is cancelled after so many steps."""
    for each in wanted:
        engine.admit(each)
    outcomes: dict[PromptId, Finished] = {}
    for number in count():
        if number == cancel:
            engine.cancel(wanted[0].id)
        for event in engine.step():
            match event:
                case Refused(message=message):
                    raise RuntimeError(message)
                case Finished():
                    outcomes[event.id] = event
        if len(outcomes) == len(wanted):
            return [outcomes[each.id] for each in wanted]
    raise AssertionError


_LoadedT = TypeVar("_LoadedT")
_AS_EVER = graphs.load_with_graphs


def _without(load: Callable[[bool], _LoadedT], *, wanted: bool) -> _LoadedT:  # noqa: ARG001 - in place of the above
    return _AS_EVER(load, wanted=False)


def _with(load: Callable[[bool], _LoadedT], *, wanted: bool) -> _LoadedT:  # noqa: ARG001 - likewise
    return load(True)  # noqa: FBT003 - without a way back


class Engines:
    """The agent's, on one model with graphs and without."""

    def __init__(self, folder: Path, at_once: int) -> None:
        self._spec = EngineSpec(
            "model",
            folder,
            "agent.engine.ort_genai:load",
            max_batch=at_once,
            cache_tokens=at_once * 4096,
            prompt_chunk=MOST_CHUNK,
        )
        self._at_once = at_once
        self._loaded: list[Engine] = []

    @property
    def graphed(self) -> Engine:
        """With graphs."""
        return self._loaded[0]

    @property
    def plain(self) -> Engine:
        """Without."""
        return self._loaded[1]

    def load(self) -> str:
        """Both."""
        try:
            for way in (_with, _without):
                graphs.load_with_graphs = way
                self._loaded.append(load(self._spec))
        finally:
            graphs.load_with_graphs = _AS_EVER
        return ""

    def same(self) -> str:
        """Answers with and without, several at once where it can; from the second on, what was read is used again."""
        pairs = []
        for question in ("Who is there?", "What do you see?", "Tell me of the dog.", "Tell me of the door."):
            asked = [f"{question} {number}" for number in range(self._at_once)]
            both = [run_all(engine, [request(each) for each in asked]) for engine in (self.plain, self.graphed)]
            pairs += [difference(one.text, other.text) for one, other in zip(*both, strict=True)]
        wrong = [pair for pair in pairs if pair]
        return f"{len(wrong)} of {len(pairs)}: {wrong[0]}" if wrong else ""

    def kept(self) -> str:
        """Answers with what was kept, and without; also after one that was cancelled at any step."""
        wrong = []
        for steps in (None, 1, 2, 3, 4, 5, 9, 20):
            self.graphed.forget()
            run_all(self.graphed, [request("Who is there?")], cancel=steps)
            (having,) = run_all(self.graphed, [request("What do you see?")])
            self.graphed.forget()
            (alone,) = run_all(self.graphed, [request("What do you see?")])
            cached = having.usage.cached_tokens
            print(f"     cancelled after {steps}: {cached} of {having.usage.prompt_tokens} tokens had been read before")
            if parted := difference(alone.text, having.text):
                wrong.append(f"cancelled after {steps}: {parted}")
        return "; ".join(wrong)

    def cancelled(self) -> str:
        """One of several that run, or the only one, ends at once and leaves the others alone."""
        asked = [f"Count to {number}." for number in range(self._at_once)]
        whole = run_all(self.graphed, [request(each, TOKENS) for each in asked])
        cut = run_all(self.graphed, [request(each, TOKENS) for each in asked], cancel=12)
        if cut[0].reason is not FinishReason.CANCELLED:
            return f"it ended with {cut[0].reason}"
        return "; ".join(
            filter(None, (difference(one.text, other.text) for one, other in zip(whole[1:], cut[1:], strict=True)))
        )

    def guided(self) -> str:
        if not self.graphed.capabilities().guidance:
            print("     this build of the library knows no schemas")
            return ""
        texts = [
            [each.text for each in run_all(engine, [request("How many?", json_schema=SCHEMA)])]
            for engine in (self.plain, self.graphed)
        ]
        return difference(*texts)

    def close(self) -> None:
        """Give both models back."""
        for engine in self._loaded:
            engine.close()
