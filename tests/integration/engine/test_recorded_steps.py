"""Generators whose steps are recorded: used again rather than made anew, and the model loaded anew after so many.

The shipped model on a processor, as if it were on a card: a rewound generator has to answer as a new one wherever.
"""

import itertools
import json
import random
import weakref
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import onnxruntime_genai as og
import pytest

from agent.engine.child import load
from agent.engine.ort_genai import graphs, stock
from agent.engine.pipe import EngineSpec
from agent.engine.prefixes import MOST_KEPT
from agent.engine.protocol import Engine, Finished, GenerationRequest
from agent.prompt import Delta
from tests.integration.engine.alike import Alike, Said
from tests.integration.engine.test_conformance import ENDLESS, QUESTION, request, run, steps
from tests.integration.engine.test_conformance_several import endless, run_all, text

ENGINES = ("ort_genai",)
MOST = 3
WORDS = ["a", "dog", "sees", "who", "comes", "to", "the", "door", "at", "night", "and", "how", "many", "they", "are"]


class Counting:
    """How many generators were made, and which models are there."""

    def __init__(self) -> None:
        self.generators = 0
        self.models: list[weakref.ref[Any]] = []

    @property
    def alive(self) -> list[bool]:
        return [model() is not None for model in self.models]


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    """The library, whose makings are counted; every model counts as one for CUDA."""
    counts = Counting()

    class Model(og.Model):  # type: ignore[misc]  # the library has no types
        def __init__(self, *arguments: Any) -> None:  # noqa: ANN401 - likewise
            super().__init__(*arguments)
            counts.models.append(weakref.ref(self))

    made = og.Generator

    def generator(*arguments: Any) -> Any:  # noqa: ANN401 - likewise
        counts.generators += 1
        return made(*arguments)

    def switch(_config: object, *, on: bool) -> None:
        assert on

    monkeypatch.setattr(og, "Model", Model)
    monkeypatch.setattr(og, "Generator", generator)
    monkeypatch.setattr(graphs, "is_for_cuda", lambda _model: True)
    monkeypatch.setattr(graphs, "switch", switch)
    return counts


@pytest.fixture
def recording(counting: Counting, loader: str, model_dir: Path) -> Iterator[Engine]:
    with closing(load(EngineSpec("edge-tiny", model_dir, loader))) as loaded:
        counting.generators = 0
        yield loaded


def record(engine: Engine, number: int) -> None:
    """Have so many graphs recorded that are of no use any more."""
    for seed in range(number):
        run(engine, request(max_tokens=4, temperature=3.0, seed=seed))


def test_prompts_that_share_nothing_are_answered_by_the_same_few_generators(
    recording: Engine, engine: Engine, alike: Alike, counting: Counting
) -> None:
    chosen = random.Random(1)  # noqa: S311 - the same ones each time
    schemas = (None, ENDLESS, json.dumps({"const": "alpha beta"}))
    for number in range(40):
        words = " ".join(chosen.choices(WORDS, k=chosen.choice((1, 5, 30, 150))))
        wanted = request(f"{number} {words}", max_tokens=chosen.choice((1, 8, 24)), json_schema=chosen.choice(schemas))
        cached: list[int] = []
        again = partial(answered_by_the_same_few, recording, wanted, counting, 1 if number >= 10 else 2, cached)
        alike(again, partial(answered_anew, engine, wanted))
        assert cached[0] == 0, "they share nothing; at a second try it would be the same prompt"
    assert recording.kept() > 0


def answered_anew(engine: Engine, wanted: GenerationRequest) -> list[Said]:
    engine.forget()
    answer = run(engine, wanted)
    return [(*answer.deltas, answer.finished.usage)]


def answered_by_the_same_few(
    recording: Engine, wanted: GenerationRequest, counting: Counting, most: int, cached: list[int]
) -> list[Said]:
    """No more than `most` generators are made for it; how many tokens were kept of its prompt is added to `cached`."""
    before = counting.generators
    answer = run(recording, wanted)
    assert counting.generators - before <= most
    cached.append(answer.finished.usage.cached_tokens)
    return [(*answer.deltas, replace(answer.finished.usage, cached_tokens=0))]


def test_once_four_are_there_no_further_one_is_made(recording: Engine, counting: Counting) -> None:
    for number in range(12):
        run(recording, request(f"{number} " + QUESTION, max_tokens=4))
        run(recording, request(f"{number}", max_tokens=2))
    assert counting.generators == MOST_KEPT
    run(recording, request(f"{QUESTION} " * 30, max_tokens=4))
    assert counting.generators == MOST_KEPT + 1, "of none of them was the cache long enough"


def test_after_so_many_graphs_the_model_is_loaded_anew_and_answers_as_before(
    recording: Engine, engine: Engine, alike: Alike, counting: Counting
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stock, "MOST_RECORDED", MOST)
        loaded_anew = answer_once_loaded_anew(recording, counting)
    answers = itertools.chain([loaded_anew], (answered_anew(recording, request()) for _ in itertools.count()))
    alike(lambda: next(answers), lambda: answered_anew(engine, request()))


def answer_once_loaded_anew(recording: Engine, counting: Counting) -> list[Said]:
    """What `request()` is answered by the model's second load, in place of its first; a third one is there then."""
    run(recording, request())
    for seed in range(MOST):
        run(recording, request(max_tokens=1, temperature=3.0, seed=seed))
    record(recording, MOST - 1)
    assert counting.alive == [True]
    assert recording.kept() > 0
    recording.admit(request())
    assert counting.alive == [False, True], "the one before is gone"
    assert recording.kept() == 0
    *deltas, finished = (event for events in steps(recording) for event in events)
    assert isinstance(finished, Finished)
    assert finished.usage.cached_tokens == 0
    record(recording, MOST - 1)
    assert counting.alive == [False, True]
    run(recording, request("Hi"))
    assert counting.alive == [False, False, True]
    return [(*(delta.text for delta in deltas if isinstance(delta, Delta)), finished.usage)]


def test_what_runs_goes_on_and_what_comes_waits_until_the_model_can_be_loaded_anew(
    engine: Engine, alike: Alike, counting: Counting, loader: str, model_dir: Path
) -> None:
    wanted = {"a": endless("a", 40), "b": endless("b", 20), "c": endless("c", 4)}

    def once_it_is_worn() -> list[str]:
        counting.models.clear()  # on a GPU, the engine that answers them alone may have been loaded anew, too
        with (
            pytest.MonkeyPatch.context() as patch,
            closing(load(EngineSpec("edge-tiny", model_dir, loader, max_batch=4))) as recording,
        ):
            patch.setattr(stock, "MOST_RECORDED", MOST)
            record(recording, MOST - 1)
            recording.admit(wanted["a"])
            recording.admit(wanted["b"])
            events = [event for _ in range(20) for event in recording.step()]
            assert not any(isinstance(event, Finished) for event in events)
            outcomes = run_all(recording, [wanted["c"]], events)
            assert [*outcomes][2:] == ["c"]
            assert counting.alive == [False, True]
            return [text(outcomes[name]) for name in wanted]

    alike(once_it_is_worn, lambda: [text(run_all(engine, [one])[name]) for name, one in wanted.items()])
