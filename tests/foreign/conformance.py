"""What the engine conformance suite asks, of a model on a server that this project did not write.

Not collected by `make test`: the servers are large, and llama-cpp-python takes nine minutes to build.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from agent.clock import boottime
from agent.engine.openai import OpenAIEngine
from agent.engine.protocol import Finished
from agent.errors import ErrorCode
from agent.prompt import Delta, FinishReason, PromptId
from tests.foreign.servers import Running
from tests.integration.engine import test_openai
from tests.integration.engine.test_openai import ME, CLOCK, Answer, request, run

FACTS = "Facts: two people and a dog at the door, 22:40. "
QUESTION = f"{FACTS}Question: is there an animal?"
STORY = "Tell me about yourself."


@asynccontextmanager
async def engine(server: Running) -> AsyncIterator[OpenAIEngine]:
    async with test_openai.engine(server.url, name_there=server.model) as engine:
        yield engine


@pytest.fixture
async def asked(server: Running) -> AsyncIterator[OpenAIEngine]:
    async with engine(server) as asked:
        yield asked


async def test_deltas_join_to_the_right_answer(asked: OpenAIEngine) -> None:
    answer = await run(asked, request(QUESTION, max_tokens=48))
    assert answer.finished.text.startswith("Yes")
    assert "dog" in answer.finished.text
    assert answer.finished.reason is FinishReason.STOP
    assert len(answer.deltas) > 1
    assert "".join(answer.deltas) == answer.finished.text


async def test_greedy_answers_are_the_same_again(asked: OpenAIEngine) -> None:
    first, again = await run(asked, request(QUESTION)), await run(asked, request(QUESTION))
    assert first.finished.text == again.finished.text


async def test_a_seed_repeats_an_answer_and_another_seed_does_not(asked: OpenAIEngine, server: Running) -> None:
    async def sample(seed: int) -> str:
        return (await run(asked, request(STORY, max_tokens=24, temperature=1.8, seed=seed))).finished.text

    texts = [await sample(seed) for seed in (7, 7, 8, 9, 10)]
    assert len(set(texts)) > 2
    assert not server.kind.seeds or texts[0] == texts[1]


@pytest.mark.parametrize("stop", [("dog",), ("cat", " dog"), ("a dog",)])
async def test_a_stop_ends_the_answer_and_is_no_part_of_it(asked: OpenAIEngine, stop: tuple[str, ...]) -> None:
    whole = (await run(asked, request(QUESTION, max_tokens=48))).finished.text
    answer = await run(asked, request(QUESTION, max_tokens=48, stop=stop))
    assert answer.finished.text == whole[: whole.index(stop[-1])]
    assert "".join(answer.deltas) == answer.finished.text
    assert answer.finished.reason is FinishReason.STOP


async def test_max_tokens_end_an_answer_and_are_counted(asked: OpenAIEngine) -> None:
    for tokens in (1, 5):
        finished = (await run(asked, request(QUESTION, max_tokens=tokens))).finished
        assert finished.reason is FinishReason.LENGTH
        assert finished.usage.completion_tokens == tokens


async def test_usage_grows_with_the_prompt(asked: OpenAIEngine) -> None:
    short = (await run(asked, request("door", max_tokens=1))).finished.usage.prompt_tokens
    long = (await run(asked, request("door " * 100, max_tokens=1))).finished.usage.prompt_tokens
    assert 0 < short < long - 90


async def test_the_answer_follows_its_schema_or_is_refused(asked: OpenAIEngine, server: Running) -> None:
    schema = {
        "type": "object",
        "properties": {"people": {"type": "integer"}, "animal": {"enum": ["cat", "dog"]}},
        "required": ["people", "animal"],
        "additionalProperties": False,
    }
    answer = await run(asked, request(f"{FACTS}Give JSON.", max_tokens=64, json_schema=json.dumps(schema)))
    if not server.kind.guides:
        assert answer.refused.code in (ErrorCode.UNSUPPORTED, ErrorCode.INVALID_REQUEST)
        return
    found = json.loads(answer.finished.text)
    assert set(found) == {"people", "animal"}
    assert isinstance(found["people"], int)
    assert found["animal"] in ("cat", "dog")


async def test_any_text_is_a_prompt(asked: OpenAIEngine) -> None:
    for text in ("", " ", "🦙漢字é", "<|eot_id|>", "{{ 7 * 7 }}", "\r\n\t"):
        assert (await run(asked, request(text, max_tokens=2))).finished.usage.completion_tokens <= 2


async def test_a_cancelled_request_ends_with_what_there_is(asked: OpenAIEngine) -> None:
    said: list[str] = []
    finished = None
    async for event in asked.generate(request(STORY, max_tokens=2_000, temperature=2.0)):
        if isinstance(event, Delta):
            said.append(event.text)
            asked.cancel(ME)
        else:
            finished = event
    assert isinstance(finished, Finished)
    assert finished.reason is FinishReason.CANCELLED
    assert "".join(said) == finished.text
    assert (await run(asked, request(QUESTION, max_tokens=48))).finished.text.startswith("Yes")


async def test_a_deadline_ends_an_answer(asked: OpenAIEngine) -> None:
    wanted = request("1 " * 1_500, max_tokens=2_000, temperature=2.0, deadline=1.0)
    finished = (await run(asked, wanted)).finished
    assert finished.reason is FinishReason.DEADLINE
    assert wanted.deadline is not None
    assert finished.finished_at - wanted.deadline < 1.0


async def test_what_exceeds_the_context_is_refused(asked: OpenAIEngine, server: Running) -> None:
    answer = await run(asked, request("door " * 6_000, max_tokens=8, deadline=60.0))
    if server.kind.refuses_long:
        assert answer.refused.code is ErrorCode.TOO_LARGE
    else:
        assert isinstance(answer, Answer)


async def test_an_unknown_model_is_refused(server: Running) -> None:
    async with test_openai.engine(server.url, name_there="no/such-model") as asked:
        outcome = (await run(asked, request(QUESTION, max_tokens=4))).outcome
    assert not isinstance(outcome, Finished) or server.kind.guides  # llama-cpp-python answers with the one it has


async def test_two_requests_at_once_are_both_answered(asked: OpenAIEngine) -> None:
    wanted = [replace(request(QUESTION, max_tokens=48), id=PromptId(name)) for name in "ab"]
    outcomes = [asked.generate(it) for it in wanted]

    async def last(events: object) -> Finished:
        *_, outcome = [event async for event in events]  # type: ignore[attr-defined]
        assert isinstance(outcome, Finished)
        return outcome

    first, second = await asyncio.gather(*map(last, outcomes))
    assert first.text == second.text
    assert (first.id, second.id) == ("a", "b")


async def test_times_are_in_order(asked: OpenAIEngine) -> None:
    before = CLOCK.now()
    finished = (await run(asked, request(QUESTION, max_tokens=8))).finished
    assert finished.first_token_at is not None
    assert before < finished.first_token_at <= finished.finished_at < boottime()
