"""What every engine must do that keeps what it has read: answer as if it had not.

An engine that keeps nothing passes, too.
"""

import itertools
import json
import random
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from agent.engine.protocol import Engine, Finished, GenerationRequest
from agent.errors import ErrorCode, RejectedError
from agent.prompt import Delta, FinishReason, Message, Role, Sampling
from tests.integration.engine.alike import Alike, Said
from tests.integration.engine.hosting import hosting
from tests.integration.engine.test_conformance import ENDLESS, ME, Answer, request, run

ENGINES = ("ort_genai",)
"""The one that can forget; the stand-ins of the others only count what the libraries would share."""
RULES = "You watch a door. " + " ".join(
    f"Rule {number}: when a visitor of kind {number} comes, say so in one short sentence." for number in range(1, 13)
)
"""More than 200 tokens."""
UNICODE = "Regeln für die Tür: 漢字 🦙 नमस्ते 👩‍👩‍👧 \u200d, " * 12
QUESTIONS = ("Who is there?", "Facts: a dog, 22:40. Question: is there an animal?", "نعم؟ 🦙🦙 ça va", "")
SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"people": {"type": "integer", "minimum": 0, "maximum": 99}, "say": {"type": "string"}},
        "required": ["people", "say"],
        "additionalProperties": False,
    }
)


def chat(*texts: str, **sampling: Any) -> GenerationRequest:  # noqa: ANN401 - the fields of Sampling
    """A system prompt, and a conversation."""
    roles = itertools.chain([Role.SYSTEM], itertools.cycle([Role.USER, Role.ASSISTANT]))
    messages = tuple(Message(role, text) for role, text in zip(roles, texts, strict=False))
    return GenerationRequest(ME, messages, Sampling(**{"max_tokens": 24, **sampling}), stream=True)


def run_anew(engine: Engine, wanted: GenerationRequest) -> Answer:
    """Answer with nothing kept."""
    engine.forget()
    assert engine.kept() == 0
    answer = run(engine, wanted)
    assert answer.finished.usage.cached_tokens == 0
    return answer


def run_all_anew(engine: Engine, requests: Sequence[GenerationRequest]) -> None:
    """Answer them one after the other, with nothing kept but of these."""
    engine.forget()
    for wanted in requests:
        run(engine, wanted)


def assert_unchanged(engine: Engine, alike: Alike, before: Callable[[], object], wanted: GenerationRequest) -> Answer:
    """Answer with what the engine has kept after `before`, and without; the last answer with it."""
    having: list[Answer] = []
    read: set[int] = set()

    def said(answer: Answer) -> Said:
        read.add(answer.finished.usage.prompt_tokens)
        return (*answer.deltas, answer.finished.reason, answer.finished.usage.completion_tokens)

    def after() -> list[Said]:
        before()
        having.append(run(engine, wanted))
        return [said(having[-1])]

    alike(after, lambda: [said(run_anew(engine, wanted))])
    assert len(read) == 1
    return having[-1]


@pytest.mark.parametrize("system", [RULES, UNICODE])
@pytest.mark.parametrize("questions", [*itertools.combinations(QUESTIONS, 2)])
@pytest.mark.parametrize("schema", [None, SCHEMA])
def test_a_shared_begin_changes_no_answer(
    engine: Engine, alike: Alike, system: str, questions: tuple[str, str], schema: str | None
) -> None:
    first, second = (chat(system, question, json_schema=schema) for question in questions)
    assert_unchanged(engine, alike, partial(run_anew, engine, first), second)


def test_prompts_that_part_anywhere_are_answered_as_alone(engine: Engine, alike: Alike) -> None:
    chosen = random.Random(1)  # noqa: S311 - the same ones each time
    text = RULES + UNICODE
    wanted = request(text)
    for _ in range(16):
        at = chosen.randrange(len(text))
        other = request(text[: chosen.randrange(at, len(text))], max_tokens=chosen.randrange(1, 40))
        before = partial(run_all_anew, engine, (wanted, other))
        wanted = request(text[:at] + chosen.choice(QUESTIONS), max_tokens=chosen.randrange(1, 40))
        assert_unchanged(engine, alike, before, wanted)


def test_a_conversation_is_answered_as_if_read_anew(engine: Engine, alike: Alike) -> None:
    texts = [RULES]
    before: Callable[[], object] = engine.forget
    for question in QUESTIONS * 2:
        wanted = chat(*texts, question)
        answer = assert_unchanged(engine, alike, before, wanted)
        texts += [question, answer.finished.text]
        before = partial(run_anew, engine, wanted)


@pytest.mark.parametrize("reason", [FinishReason.CANCELLED, FinishReason.DEADLINE])
@pytest.mark.parametrize("steps", range(8))
@pytest.mark.parametrize("schema", [None, ENDLESS])
def test_what_was_cut_short_changes_no_answer(
    engine: Engine, alike: Alike, reason: FinishReason, steps: int, schema: str | None
) -> None:
    """While its prompt is read, before its first token and amid its answer."""

    def before() -> None:
        engine.forget()
        engine.admit(chat(RULES, "Who is there?", json_schema=schema))
        for _ in range(steps):
            assert all(isinstance(event, Delta) for event in engine.step())
        engine.cancel(ME, reason)
        assert any(isinstance(event, Finished) for event in engine.step())

    assert_unchanged(engine, alike, before, chat(RULES, "What do you see?", json_schema=schema))


@pytest.mark.parametrize("stop", [("e",), (" ", "a"), ("no such text in it",)])
def test_stop_strings_change_no_later_answer(engine: Engine, alike: Alike, stop: tuple[str, ...]) -> None:
    stopped = partial(run_anew, engine, chat(RULES, "Who is there?", stop=stop))
    assert_unchanged(engine, alike, stopped, chat(RULES, "What do you see?"))
    whole = partial(run, engine, chat(RULES, "Who is there?"))
    assert_unchanged(engine, alike, whole, chat(RULES, "What do you see?", stop=stop))


def test_a_longer_answer_than_the_kept_cache_has_room_for(engine: Engine, alike: Alike) -> None:
    short = chat(RULES, "Who is there?", max_tokens=1)
    long = chat(RULES, "Who is there?", max_tokens=700, json_schema=ENDLESS)
    assert_unchanged(engine, alike, partial(run_anew, engine, short), long)
    assert_unchanged(engine, alike, partial(run_anew, engine, long), short)


def test_what_exceeds_the_context_is_refused_and_changes_nothing(engine: Engine, alike: Alike) -> None:
    def before() -> None:
        run_anew(engine, chat(RULES, "Who is there?"))
        with pytest.raises(RejectedError) as refusal:
            engine.admit(chat(RULES, "What do you see?", max_tokens=engine.capabilities().context_length))
        assert refusal.value.code is ErrorCode.TOO_LARGE
        with pytest.raises(RejectedError):
            engine.admit(chat(RULES, "What do you see?", json_schema=json.dumps({"type": "string", "pattern": "("})))

    assert_unchanged(engine, alike, before, chat(RULES, "What do you see?"))


def sampled(engine: Engine, *, seed: int | None, before: Sequence[GenerationRequest]) -> str:
    run_all_anew(engine, before)
    wanted = chat(RULES, "Tell me.", temperature=5.0, seed=seed, json_schema=ENDLESS)
    return run(engine, wanted).finished.text


def test_a_seed_gives_the_same_answer_whatever_was_read_before(engine: Engine, alike: Alike) -> None:
    warm = chat(RULES, "Who is there?", temperature=5.0, json_schema=ENDLESS)
    seeded = chat(RULES, "Who is there?", temperature=5.0, seed=7, json_schema=ENDLESS)
    greedy = chat(RULES, "Who is there?", json_schema=ENDLESS)
    assert sampled(engine, seed=None, before=[warm]) != sampled(engine, seed=None, before=[warm])
    ways = ([greedy], [warm], [seeded], [seeded, warm, greedy])
    alike(
        lambda: [sampled(engine, seed=7, before=before) for before in ways],
        lambda: [sampled(engine, seed=7, before=())] * len(ways),
    )


def test_sampling_changes_no_greedy_answer(engine: Engine, alike: Alike) -> None:
    warm = chat(RULES, "Who is there?", temperature=5.0)
    assert_unchanged(engine, alike, partial(run_anew, engine, warm), chat(RULES, "What do you see?"))


async def test_the_host_knows_what_is_kept_and_can_have_it_given_up(loader: str, model_dir: Path) -> None:
    async with hosting(model_dir, loader) as hosted:
        await hosted.host.ready()
        assert hosted.host.kept == 0
        await hosted.outcome(chat(RULES, "Who is there?"))
        kept = hosted.host.kept
        second = await hosted.outcome(chat(RULES, "What do you see?"))
        assert isinstance(second, Finished)
        assert (second.usage.cached_tokens > 0) == (kept > 0)
        hosted.host.forget()
        await hosted.outcome(request("Short.", max_tokens=1))  # an answer to what was sent later
        assert hosted.host.kept == 0
