"""What the engine conformance suite asks, of a model on a server that this project did not write.

Not collected by `make test`: the servers are large, and llama-cpp-python takes nine minutes to build.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from agent.broker_security import tls_context
from agent.clock import boottime
from agent.config import Tls
from agent.engine.openai import OpenAIEngine, UpstreamModel, WhenAway
from agent.engine.openai_connection import OpenAIConnection
from agent.engine.protocol import Finished, Refused
from agent.errors import ErrorCode
from agent.prompt import Delta, FinishReason, PromptId
from agent.units import Seconds
from tests.foreign.servers import Running
from tests.integration.engine.test_openai import CLOCK, ME, request, run

FACTS = "Facts: two people and a dog at the door, 22:40. "
QUESTION = f"{FACTS}Question: is there an animal?"
STORY = "Tell me about yourself."
RIDDLE = "1 zebra ? door ; why"
"""What the model has no sure answer to: what it says depends on the seed."""
PATIENCE = Seconds(300.0)
"""For a busy machine."""


@asynccontextmanager
async def engine(server: Running, name_there: str) -> AsyncIterator[OpenAIEngine]:
    model = UpstreamModel("edge-tiny", name_there, max_batch=2, when_away=WhenAway.REFUSE, timeout=PATIENCE)
    connection = OpenAIConnection(
        server.url, api_key=None, tls=tls_context(Tls()), most_at_once=2, timeout=PATIENCE, wall=CLOCK.wall
    )
    async with connection, asyncio.timeout(PATIENCE):
        yield OpenAIEngine(model, connection, clock=CLOCK)


@pytest.fixture
async def asked(server: Running) -> AsyncIterator[OpenAIEngine]:
    async with engine(server, server.model) as asked:
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


async def test_a_seed_repeats_an_answer_and_others_do_not(asked: OpenAIEngine) -> None:
    async def sample(seed: int) -> str:
        return (await run(asked, request(RIDDLE, max_tokens=24, temperature=2.0, seed=seed))).finished.text

    texts = [await sample(seed) for seed in range(5)]
    assert len(set(texts)) > 1
    assert [await sample(seed) for seed in range(5)] == texts


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


async def test_usage_grows_with_the_prompt(asked: OpenAIEngine, server: Running) -> None:
    short = (await run(asked, request("door", max_tokens=1))).finished.usage.prompt_tokens
    long = (await run(asked, request("door " * 100, max_tokens=1))).finished.usage.prompt_tokens
    if server.kind.counts:
        assert 0 < short < long - 90
    else:
        assert short == long == 0


async def test_a_schema_that_the_server_does_not_keep_to(asked: OpenAIEngine, server: Running) -> None:
    schema = {"type": "object", "properties": {"people": {"type": "integer"}}, "required": ["people"]}
    guided = [
        (await run(asked, request(text, max_tokens=64, json_schema=json.dumps(schema)))).outcome
        for text in (QUESTION, f"{FACTS}Give JSON.")
    ]
    codes = [outcome.code if isinstance(outcome, Refused) else None for outcome in guided]
    # Where it is passed over, the engine sees that prose is no JSON; what JSON says, it leaves to the server.
    assert codes == [server.kind.schema or ErrorCode.UNSUPPORTED, server.kind.schema]


async def test_any_text_is_a_prompt(asked: OpenAIEngine) -> None:
    for text in ("", " ", "🦙漢字é", "<|eot_id|>", "{{ 7 * 7 }}", "\r\n\t"):
        assert (await run(asked, request(text, max_tokens=2))).finished.usage.completion_tokens <= 2


async def test_a_cancelled_request_ends_with_what_there_is(asked: OpenAIEngine) -> None:
    said: list[str] = []
    finished = None
    async for event in asked.generate(request(STORY, max_tokens=2_000)):
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
    wanted = request("1 " * 1_500, max_tokens=2_000, deadline=0.2)
    finished = (await run(asked, wanted)).finished
    assert finished.reason is FinishReason.DEADLINE
    assert wanted.deadline is not None
    assert finished.finished_at - wanted.deadline < PATIENCE / 10


async def test_what_exceeds_the_context_is_refused(asked: OpenAIEngine, server: Running) -> None:
    outcome = (await run(asked, request("door " * 4_200, max_tokens=4))).outcome
    if server.kind.over_context is None:
        assert isinstance(outcome, Finished)
    else:
        assert isinstance(outcome, Refused)
        assert outcome.code is server.kind.over_context


async def test_an_unknown_model_is_refused(server: Running) -> None:
    async with engine(server, "no/such-model") as asked:
        outcome = (await run(asked, request(QUESTION, max_tokens=4))).outcome
    assert isinstance(outcome, Refused if server.kind.knows_its_model else Finished)


async def test_two_requests_at_once_are_both_answered(asked: OpenAIEngine) -> None:
    wanted = [replace(request(QUESTION, max_tokens=48), id=PromptId(name)) for name in "ab"]
    answers = await asyncio.gather(*(run(asked, it) for it in wanted))
    first, second = (answer.finished for answer in answers)
    assert first.text == second.text
    assert (first.id, second.id) == ("a", "b")


async def test_times_are_in_order(asked: OpenAIEngine) -> None:
    before = CLOCK.now()
    finished = (await run(asked, request(QUESTION, max_tokens=8))).finished
    assert finished.first_token_at is not None
    assert before < finished.first_token_at <= finished.finished_at < boottime()
