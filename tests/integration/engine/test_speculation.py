"""Drafting ahead, on the real model: the answers are those without it, and every rule of an engine holds with it.

The questions are those of which the model is sure: at every token the likeliest one is far ahead of the next, so that
rounding decides none on any processor. What rounding can do otherwise is in docs/adr/0025.
"""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import onnxruntime_genai as og
import pytest

from agent.budget.prompt_chunk import LEAST_CHUNK
from agent.engine.chat import Vocabulary
from agent.engine.ort_genai import load
from agent.engine.ort_genai.generators import GeneratorsEngine
from agent.engine.pipe import EngineSpec
from agent.engine.protocol import Capabilities, Engine, Finished, GenerationRequest
from agent.engine.speculation import DRAFT_LENGTH, Answered, Drafts, Kind, Speculation
from agent.models import find_model
from agent.prompt import Delta, FinishReason
from tests.integration.engine.test_conformance import (
    ENDLESS,
    ME,
    Answer,
    request,
    run,
    say,
    test_a_cancelled_request_ends_at_the_next_step,  # noqa: F401 - these are run with drafts, too
    test_a_stop_ends_the_answer_and_is_no_part_of_it,  # noqa: F401
    test_greedy_answers_are_the_same_again,  # noqa: F401
    test_max_tokens_end_an_answer_and_are_counted,  # noqa: F401
    test_no_delta_splits_a_character,  # noqa: F401
    test_requests_do_not_touch_each_other,  # noqa: F401
    test_times_are_on_the_boot_clock_and_in_order,  # noqa: F401
)
from tests.integration.engine.test_prefixes import (
    chat,
)

DOG = "Facts: two people and a dog at the door, 22:40. "
VAN = "Facts: a red van at the gate, 06:12. "
TRUCKS = "Facts: three trucks at the loading bay, 14:05. "
SENTENCE = "Describe this in one sentence."
SURE = (
    DOG + SENTENCE,
    DOG + "Question: is there an animal?",
    DOG + "Question: how many people are there?",
    DOG + "Extract people (integer), dog (boolean), time as JSON.",
    VAN + "Extract vehicle, colour, place, time as JSON.",
    VAN + SENTENCE,
    TRUCKS + SENTENCE,
    TRUCKS + "Extract trucks (integer), place, time as JSON.",
    "Facts: a white van at the north gate, 01:20. " + SENTENCE,
    "Telemetry: power 11.2 W, budget 12 W. Question: is the device over its power budget?",
    "What is the capital of France?",
    DOG * 12 + "Question: is there an animal?",
    DOG * 20 + "Extract people (integer), dog (boolean), time as JSON.",
)
SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"people": {"type": "integer"}, "dog": {"type": "boolean"}, "time": {"type": "string"}},
        "required": ["people", "dog", "time"],
        "additionalProperties": False,
    }
)


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> EngineSpec:
    folder = find_model("edge-tiny", None, tmp_path_factory.mktemp("no-models-of-its-own"))
    return EngineSpec("edge-tiny", folder, "agent.engine.ort_genai:load")


@pytest.fixture(scope="module")
def engine(spec: EngineSpec) -> Iterator[Engine]:
    """One that drafts whatever it brings."""
    with closing(load(replace(spec, speculation=Speculation.ON))) as loaded:
        yield loaded


@pytest.fixture(scope="module")
def plain(spec: EngineSpec) -> Iterator[Engine]:
    """One that never does."""
    with closing(load(spec)) as loaded:
        yield loaded


def same(engine: Engine, plain: Engine, wanted: GenerationRequest) -> Answer:
    """Answer with drafts and without: token by token the same."""
    drafted, alone = run(engine, wanted), run(plain, wanted)
    assert drafted.deltas == alone.deltas
    assert drafted.finished.text == alone.finished.text
    assert drafted.finished.reason is alone.finished.reason
    assert drafted.finished.usage.completion_tokens == alone.finished.usage.completion_tokens
    return drafted


@pytest.mark.parametrize("question", SURE)
def test_drafts_change_no_answer(engine: Engine, plain: Engine, question: str) -> None:
    engine.forget()
    plain.forget()
    answer = same(engine, plain, request(question, max_tokens=64))
    assert same(engine, plain, request(question, max_tokens=64)).finished.text == answer.finished.text


def test_it_does_draft_and_some_is_accepted(spec: EngineSpec) -> None:
    heard: list[Answered] = []

    class Listener(Drafts):
        def add(self, kind: Kind, length: int, answered: Answered) -> None:
            assert (kind, length) == (Kind(guided=False, long=False), DRAFT_LENGTH)
            heard.append(answered)

    model = og.Model(str(spec.model_dir))
    able = Capabilities("edge-tiny", 4096, max_batch=1, guidance=True)
    vocabulary = Vocabulary.read(spec.model_dir / "tokenizer.json")
    drafts = Listener(Speculation.ON)
    with closing(GeneratorsEngine(model, able, vocabulary, top_k=1024, drafts=drafts, part=LEAST_CHUNK)) as engine:
        tokens = [run(engine, request(DOG + SENTENCE)).finished.usage.completion_tokens for _ in range(2)]
    assert [answered.tokens for answered in heard] == tokens
    assert all(0 < answered.accepted <= answered.drafted for answered in heard)
    assert heard[0].drafted == heard[1].drafted, "what it drafted for one is not counted for the next"


def test_a_schema_is_followed_with_drafts_as_without(engine: Engine, plain: Engine) -> None:
    for question in (SURE[3], SURE[-1]):
        answer = same(engine, plain, request(question, max_tokens=64, json_schema=SCHEMA))
        assert json.loads(answer.finished.text) == {"people": 2, "dog": True, "time": "22:40"}


@pytest.mark.parametrize("text", ["🦙 🦙 🦙 🦙 🦙", "漢字漢字漢字", "door door door door door"])
def test_repeated_text_is_whole(engine: Engine, text: str) -> None:
    assert json.loads(say(engine, text).finished.text) == text


def test_an_answer_may_end_at_any_token(engine: Engine, plain: Engine) -> None:
    whole = run(plain, request(SURE[0], max_tokens=64)).finished
    for tokens in range(1, whole.usage.completion_tokens):
        finished = run(engine, request(SURE[0], max_tokens=tokens)).finished
        assert finished.usage.completion_tokens == tokens
        assert finished.reason is FinishReason.LENGTH
        assert whole.text.startswith(finished.text)


@pytest.mark.parametrize("stop", [("dog",), ("at the", "o"), ("22:4",), (" are at",)])
def test_a_stop_within_what_was_accepted(engine: Engine, plain: Engine, stop: tuple[str, ...]) -> None:
    finished = same(engine, plain, request(SURE[0], max_tokens=64, stop=stop)).finished
    assert finished.reason is FinishReason.STOP


@pytest.mark.parametrize("reason", [FinishReason.CANCELLED, FinishReason.DEADLINE])
@pytest.mark.parametrize("tokens", [1, 6, 7, 9])
def test_a_request_that_ends_amid_a_draft_ends_at_the_next_step(
    engine: Engine, plain: Engine, tokens: int, reason: FinishReason
) -> None:
    whole = run(plain, request(SURE[0], max_tokens=64)).finished.text
    engine.admit(request(SURE[0], max_tokens=64))
    said: list[str] = []
    while len(said) < tokens:
        said += [event.text for event in engine.step() if isinstance(event, Delta)]
    engine.cancel(ME, reason)
    (finished,) = engine.step()
    assert isinstance(finished, Finished)
    assert (finished.reason, finished.text) == (reason, "".join(said))
    assert whole.startswith(finished.text)
    same(engine, plain, request(SURE[0], max_tokens=64))  # the same generator, gone back


def test_kept_prefixes_are_used_with_drafts(engine: Engine, plain: Engine) -> None:
    engine.forget()
    plain.forget()
    for question in (DOG + SENTENCE, SURE[2], SURE[3]):
        answer = same(engine, plain, chat("You watch a door. " * 4, question))
    assert answer.finished.usage.cached_tokens > 0


@pytest.mark.parametrize("form", [{"temperature": 1.0, "seed": 3}, {"temperature": 1.0, "seed": 3, "top_p": 0.5}])
def test_sampled_answers_are_not_drafted(engine: Engine, plain: Engine, form: dict[str, Any]) -> None:
    same(engine, plain, request(DOG * 4, max_tokens=24, json_schema=ENDLESS, **form))


def test_auto_changes_no_answer(spec: EngineSpec, plain: Engine) -> None:
    """Where passes over several tokens are exact it drafts, elsewhere not: no question is too close for it."""
    with closing(load(replace(spec, speculation=Speculation.AUTO))) as automatic:
        for question in (*SURE[:4], "Who is there?"):
            same(automatic, plain, request(question, max_tokens=32))


def test_a_model_that_cannot_is_loaded_without(spec: EngineSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "agent.engine.ort_genai.drafting.NGRAM_SIZE", 17
    )  # the library refuses it, as it does kinds of models
    with closing(load(replace(spec, speculation=Speculation.ON))) as loaded:
        assert run(loaded, request(SURE[0])).finished.text == "Two people and a dog are at the door at 22:40."
