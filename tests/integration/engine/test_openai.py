"""A model on a server, over real HTTP: what is asked, what comes of it, and whatever a server can do wrong."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from agent.broker_security import tls_context
from agent.clock import Clock
from agent.config import Tls
from agent.engine.openai import OpenAIEngine, UpstreamModel, WhenAway
from agent.engine.openai_connection import OpenAIConnection
from agent.engine.protocol import Finished, GenerationRequest, Outcome, Refused
from agent.errors import ErrorCode, UpstreamAwayError
from agent.prompt import Delta, FinishReason, Message, PromptId, Role, Sampling, Usage
from agent.units import Seconds
from tests.integration.certificates import Authority
from tests.openai_server import Exchange, OpenAIServer, Script, die, hang, raw, refuse, say

CLOCK = Clock.of_this_machine()
MODEL = UpstreamModel("big", "org/big", max_batch=2, when_away=WhenAway.REFUSE, timeout=Seconds(10.0))
ME = PromptId("a")
PIXEL = "data:image/jpeg;base64,/9j/"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request."""

    deltas: list[str]
    outcome: Outcome

    @property
    def finished(self) -> Finished:
        assert isinstance(self.outcome, Finished), self.outcome
        return self.outcome

    @property
    def refused(self) -> Refused:
        assert isinstance(self.outcome, Refused), self.outcome
        return self.outcome


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


@asynccontextmanager
async def engine(
    url: str,
    *,
    api_key: str | None = None,
    ca: Path | None = None,
    jitter: Callable[[], float] = lambda: 0.0,
    **changes: Any,  # noqa: ANN401 - of UpstreamModel
) -> AsyncIterator[OpenAIEngine]:
    connection = OpenAIConnection(
        url, api_key=api_key, tls=tls_context(Tls(ca=ca)), most_at_once=2, timeout=Seconds(5.0), wall=CLOCK.wall
    )
    async with connection, asyncio.timeout(30):
        yield OpenAIEngine(replace(MODEL, **changes), connection, clock=CLOCK, jitter=jitter)


def request(
    text: str = "?",
    *,
    deadline: float | None = None,
    images: tuple[str, ...] = (),
    **sampling: Any,  # noqa: ANN401 - of Sampling
) -> GenerationRequest:
    late = None if deadline is None else Seconds(CLOCK.now() + deadline)
    message = Message(Role.USER, text, images)
    return GenerationRequest(ME, (message,), Sampling(**sampling), stream=True, deadline=late)


async def run(asked: OpenAIEngine, wanted: GenerationRequest) -> Answer:
    *deltas, outcome = [event async for event in asked.generate(wanted)]
    assert not isinstance(outcome, Delta)
    return Answer([event.text for event in deltas if isinstance(event, Delta)], outcome)


def pass_time(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Have the loop find that so much has gone by."""
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "time", lambda before=loop.time: before() + seconds)


async def answer(server: OpenAIServer, wanted: GenerationRequest | None = None, **changes: Any) -> Answer:  # noqa: ANN401 - of UpstreamModel
    async with engine(server.url, **changes) as asked:
        return await run(asked, wanted or request())


async def test_what_is_asked(server: OpenAIServer) -> None:
    schema = '{"type":"integer"}'
    server.scripts.append(say("4", "2"))
    wanted = request(
        "How many?", max_tokens=5, temperature=0.5, top_p=0.9, seed=3, stop=tuple("abcdef"), json_schema=schema
    )
    assert (await answer(server, wanted)).finished.text == "42"
    (asked,) = server.asked
    assert asked.path == "/v1/chat/completions"
    assert "authorization" not in asked.headers
    assert asked.body == {
        "model": "org/big",
        "messages": [{"role": "user", "content": "How many?"}],
        "max_tokens": 5,
        "temperature": 0.5,
        "top_p": 0.9,
        "seed": 3,
        "stop": ["a", "b", "c", "d"],
        "stream": True,
        "stream_options": {"include_usage": True},
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": True, "schema": {"type": "integer"}},
        },
    }


async def test_images_go_as_data_urls(server: OpenAIServer) -> None:
    await answer(server, request("What is it?", images=(PIXEL,)))
    await answer(server, request("", images=(PIXEL,)))
    shown = {"type": "image_url", "image_url": {"url": PIXEL}}
    first, second = [asked.body["messages"][0]["content"] for asked in server.asked]
    assert first == [{"type": "text", "text": "What is it?"}, shown]
    assert second == [shown]


async def test_deltas_join_to_the_answer_and_the_server_counts(server: OpenAIServer) -> None:
    server.scripts.append(say("Yes", ", ", "zw\u00f6lf \U0001f600", "."))
    before = CLOCK.now()
    got = await answer(server)
    assert got.deltas == ["Yes", ", ", "zw\u00f6lf \U0001f600", "."]
    assert got.finished.text == "".join(got.deltas)
    assert got.finished.reason is FinishReason.STOP
    assert got.finished.usage == Usage(7, 2, 3)
    assert got.finished.first_token_at is not None
    assert before <= got.finished.first_token_at <= got.finished.finished_at


async def test_without_streaming_there_are_no_deltas(server: OpenAIServer) -> None:
    assert (await answer(server, replace(request(), stream=False))).deltas == []


async def test_max_tokens_and_other_ends(server: OpenAIServer) -> None:
    server.scripts.extend([say("a", finish_reason="length", tokens=None), say("a", finish_reason="content_filter")])
    cut = (await answer(server)).finished
    assert (cut.reason, cut.usage) == (FinishReason.LENGTH, Usage(0, 1))
    assert (await answer(server)).finished.reason is FinishReason.STOP


async def test_a_stop_that_the_server_did_not_look_for(server: OpenAIServer) -> None:
    server.scripts.append(say("one ", "tw", "o three"))
    got = await answer(server, request(stop=("1", "2", "3", "4", "two")))
    assert (got.finished.text, got.finished.reason) == ("one ", FinishReason.STOP)
    assert got.deltas == ["one "]


async def test_the_key_and_the_certificate(tmp_path: Path) -> None:
    authority = Authority.create(tmp_path / "authority")
    with OpenAIServer(certificate=authority.issue("server")) as server:
        async with engine(server.url, api_key="secret", ca=authority.ca) as asked:
            assert (await run(asked, request())).finished.text == "Yes."
        assert server.asked[0].headers["authorization"] == "Bearer secret"
        async with engine(server.url, api_key="secret") as asked:
            refused = (await run(asked, request())).refused
        assert refused.code is ErrorCode.ENGINE_FAILED
        assert "certificate" in refused.message.lower()
        assert len(server.asked) == 1, "the key has not left the device"


async def test_a_connection_serves_one_prompt_after_the_other(server: OpenAIServer) -> None:
    server.scripts.extend([say("Yes", ".", lasts=True)] * 3)
    async with engine(server.url) as asked:
        assert [(await run(asked, request())).finished.text for _ in range(3)] == ["Yes."] * 3
    assert len({it.client for it in server.asked}) == 1


async def test_a_stream_that_does_not_end_is_not_waited_for(server: OpenAIServer) -> None:
    def done_and_open(exchange: Exchange) -> None:
        exchange.begin()
        exchange.word("Yes.")
        exchange.end()
        exchange.wait()

    server.scripts.append(done_and_open)
    assert (await answer(server)).finished.usage == Usage(7, 2, 3)
    assert await asyncio.to_thread(server.client_left.wait, 10)


async def test_proxies_of_the_environment_do_not_count(server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with OpenAIServer() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert (await answer(server)).finished.text == "Yes."
        assert not proxy.asked


async def test_a_redirect_is_not_followed(server: OpenAIServer) -> None:
    with OpenAIServer() as elsewhere:
        server.scripts.extend([refuse(307, Location=f"{elsewhere.url}/chat/completions")] * 3)
        assert (await answer(server)).refused.code is ErrorCode.ENGINE_FAILED
        assert not elsewhere.asked


@pytest.mark.parametrize(
    ("status", "message", "code"),
    [
        (400, "stop is too many", ErrorCode.INVALID_REQUEST),
        (400, "This model's maximum context length is 8192 tokens", ErrorCode.TOO_LARGE),
        (404, "no such model", ErrorCode.MODEL_NOT_FOUND),
        (413, "too much", ErrorCode.TOO_LARGE),
        (422, "bad schema", ErrorCode.INVALID_REQUEST),
        (500, "1 validation error: {'type': 'literal_error', 'loc': ('body', 'stop')}", ErrorCode.INVALID_REQUEST),
    ],
)
async def test_what_the_server_refuses_is_not_tried_again(
    server: OpenAIServer, status: int, message: str, code: ErrorCode
) -> None:
    server.scripts.append(refuse(status, message))
    refused = (await answer(server, when_away=WhenAway.LOCAL)).refused
    assert refused.code is code
    assert message in refused.message
    assert len(server.asked) == 1


def lone_surrogate() -> bytes:
    return b'data: {"choices": [{"delta": {"content": "\\ud83d"}}]}\n\n'


@pytest.mark.parametrize(
    "script",
    [
        refuse(500),
        refuse(503, Retry_After="0"),
        refuse(429, Retry_After="0"),
        refuse(401),
        die(),
        die("No", ", n"),
        raw(b'data: {"choices": [{"delta": {"content": "No"}, "finish_reason": ""}]}\n\n'),
        say("No", finish_reason="error"),
        say("No", finish_reason="abort"),
        raw(b""),
        raw(b"data: {\n\n"),
        raw(b"data: [1, 2]\n\n"),
        raw(b'data: {"choices": [{"delta": 7}]}\n\n'),
        raw(b'data: {"error": {"message": "out of memory"}}\n\n'),
        raw(lone_surrogate()),
        raw(b"\xff\xfe\x00garbage"),
        raw(b"<html>login</html>", "text/html"),
        raw(b"data: " + b"x" * (2 << 20)),
        raw((b'data: {"choices": [], "x": "' + b"x" * (1 << 19) + b'"}\n\n') * 40),
    ],
)
async def test_whatever_goes_wrong_once_the_next_try_answers(server: OpenAIServer, script: Any) -> None:  # noqa: ANN401 - a script
    server.scripts.append(script)
    got = await answer(server)
    assert got.finished.text == "Yes."
    assert got.deltas[-2:] == ["Yes", "."]
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "harmless",
    [
        b"retry: 3000\n\n",
        b"event: ping\n\n",
        b"event: ping\ndata: \n\n",
        b": ping\n\n",
        b'data: {"choices": null}\n\n',
        b'data: {"choices": [{"delta": null, "finish_reason": null}]}\n\n',
        b'data: {"choices": [{"delta": {"content": null}}], "usage": null}\n\n',
        b'data: {"choices": [], "usage": {}}\n\n',
        b'data: {"choices": [], "usage": {"prompt_tokens": -1, "completion_tokens": 1}}\n\n',
        b'data: {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1e40}}\n\n',
    ],
)
async def test_what_tells_nothing_is_passed_over(server: OpenAIServer, harmless: bytes) -> None:
    def script(exchange: Exchange) -> None:
        exchange.begin()
        exchange.send(harmless)
        exchange.word("Ye")
        exchange.send(harmless)
        exchange.word("s")
        exchange.end(tokens=None)

    server.scripts.append(script)
    finished = (await answer(server)).finished
    assert (finished.text, finished.usage) == ("Yes", Usage(0, 2))


async def test_half_a_character_in_a_refusal_is_told_as_a_question_mark(server: OpenAIServer) -> None:
    server.scripts.append(refuse(400, "cannot read: \ud83d"))
    refused = (await answer(server)).refused
    assert refused.message.endswith("the server refuses it: it answered 400: cannot read: ?")


async def test_a_server_that_says_nothing_is_away(server: OpenAIServer) -> None:
    server.scripts.append(hang("No"))
    got = await answer(server, timeout=Seconds(0.2), when_away=WhenAway.WAIT)  # asks until an answer comes in time
    assert got.finished.text == "Yes."
    assert await asyncio.to_thread(server.client_left.wait, 10), "the connection was closed"


def whole_then_silent(exchange: Exchange) -> None:
    exchange.begin()
    exchange.word("Yes")
    exchange.word(".", "stop")
    exchange.wait()


def whole_then_broken_off(exchange: Exchange) -> None:
    """Amid the body, as its length says."""
    exchange.begin(Content_Length="1000000")
    exchange.word("Yes")
    exchange.word(".", "stop")


@pytest.mark.parametrize("script", [whole_then_silent, whole_then_broken_off])
async def test_an_answer_that_is_whole_is_not_asked_for_again(server: OpenAIServer, script: Script) -> None:
    server.scripts.extend([script] * 3)
    got = await answer(server)
    assert (got.finished.text, got.finished.reason, got.deltas) == ("Yes.", FinishReason.STOP, ["Yes", "."])
    assert len(server.asked) == 1


@pytest.mark.parametrize("json_schema", [None, '{"type":"object"}'])
async def test_an_answer_that_is_whole_is_not_late(
    server: OpenAIServer, monkeypatch: pytest.MonkeyPatch, json_schema: str | None
) -> None:
    server.scripts.append(whole_then_silent)
    async with engine(server.url) as asked:
        events = asked.generate(request(deadline=15.0, json_schema=json_schema))
        assert [await anext(events), await anext(events)] == [Delta(ME, 0, "Yes"), Delta(ME, 1, ".")]
        pass_time(monkeypatch, 15.0)
        (last,) = [event async for event in events]
    if json_schema is None:
        assert isinstance(last, Finished)
        assert (last.text, last.reason) == ("Yes.", FinishReason.STOP)
    else:
        assert isinstance(last, Refused)
        assert last.code is ErrorCode.UNSUPPORTED


async def test_an_answer_that_is_whole_cannot_be_cancelled(server: OpenAIServer) -> None:
    server.scripts.append(whole_then_silent)
    async with engine(server.url) as asked:
        events = asked.generate(request())
        assert [await anext(events), await anext(events)] == [Delta(ME, 0, "Yes"), Delta(ME, 1, ".")]
        asked.cancel(ME)
        (last,) = [event async for event in events]
    assert isinstance(last, Finished)
    assert (last.text, last.reason) == ("Yes.", FinishReason.STOP)


async def test_a_server_that_stays_away_is_told_after_three_tries(server: OpenAIServer) -> None:
    server.scripts.extend([refuse(503, "busy")] * 3)
    refused = (await answer(server)).refused
    assert (refused.code, refused.retry_after) == (ErrorCode.ENGINE_FAILED, 30.0)
    address = server.url.removesuffix("/v1")
    assert refused.message == f"the server of big is away: {address}: it answered 503: busy"
    assert len(server.asked) == 3


async def test_a_server_that_is_not_there_is_told_with_its_address_and_why() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        async with engine(f"http://me:secret@{address}/path-secret/v1") as asked:
            refused = (await run(asked, request())).refused
    assert refused.message == f"the server of big is away: http://{address}: Connection refused"


@pytest.mark.parametrize(("key", "advice"), [("wrong", "look at the key in"), (None, "it may want a key: set")])
@pytest.mark.parametrize("status", [401, 403])
async def test_where_it_is_not_let_in_the_key_s_file_is_named(
    server: OpenAIServer, status: int, key: str | None, advice: str
) -> None:
    server.scripts.extend([refuse(status, "no\nentry")] * 3)
    refused = (await answer(server, api_key=key)).refused
    assert f"it answered {status}: no entry ({advice} api_key_file)" in refused.message


KEY, PATH = "sk-S/ECRET", "/k3y/v1"


def echo_error(exchange: Exchange) -> None:
    told = f"not let in: {exchange.asked.headers['authorization']} at {exchange.asked.path}"
    exchange.begin(401, "application/json")
    exchange.send(json.dumps({"error": {"message": told}}).encode())


def echo_escaped(exchange: Exchange) -> None:
    told = json.dumps({"detail": f"{exchange.asked.headers['authorization']} at {exchange.asked.path}"})
    exchange.begin(400, "application/json")
    exchange.send(told.replace("/", r"\/").encode())


def echo_at_the_cut(exchange: Exchange) -> None:
    refuse(400, "x" * 290 + exchange.asked.headers["authorization"])(exchange)


def echo_in_a_page(exchange: Exchange) -> None:
    exchange.begin(404, "text/html")
    exchange.send(f"<title>Page not found at {exchange.asked.path}</title>".encode())


def echo_in_a_page_at_the_cut(exchange: Exchange) -> None:
    exchange.begin(404, "text/html")
    exchange.send(f"<p>{'x' * 66} {exchange.asked.headers['authorization']}".encode())


def echo_amid_the_answer(exchange: Exchange) -> None:
    exchange.begin()
    exchange.event({"error": {"message": f"{exchange.asked.headers['authorization']} at {exchange.asked.path}"}})


@pytest.mark.parametrize(
    "script",
    [
        echo_error,
        echo_escaped,
        echo_at_the_cut,
        echo_in_a_page,
        echo_in_a_page_at_the_cut,
        echo_amid_the_answer,
    ],
)
async def test_a_server_that_repeats_the_key_and_the_path_is_not_repeated(server: OpenAIServer, script: Script) -> None:
    server.scripts.extend([script] * 3)
    async with engine(server.url.replace("/v1", PATH), api_key=KEY) as asked:
        refused = (await run(asked, request())).refused
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert server.asked[0].path == f"{PATH}/chat/completions"
    assert "***" in refused.message
    assert "k3y" not in refused.message
    assert "sk-S" not in refused.message


async def test_a_key_that_no_header_can_carry_is_not_told(server: OpenAIServer) -> None:
    async with engine(server.url, api_key="sk-SECRET ") as asked:
        refused = (await run(asked, request())).refused
    assert "Illegal header value" in refused.message
    assert "SECRET" not in refused.message


async def test_an_answer_may_name_the_path(server: OpenAIServer) -> None:
    server.scripts.append(say("POST /v1/chat", "."))
    assert (await answer(server)).finished.text == "POST /v1/chat."


async def test_a_web_page_is_not_told_as_it_is(server: OpenAIServer) -> None:
    def script(exchange: Exchange) -> None:
        exchange.begin(405, "text/html")
        exchange.send(b"<!DOCTYPE html>\n<html>\n<title>Not\nfound</title>" + b"<p>\n" * 200)

    server.scripts.append(script)
    refused = (await answer(server)).refused
    assert refused.message.endswith("the server refuses it: it answered 405: a web page, Not found")


async def test_a_long_retry_after_is_handed_on(server: OpenAIServer) -> None:
    server.scripts.append(refuse(429, "busy", Retry_After="120"))
    refused = (await answer(server)).refused
    assert refused.retry_after == 120.0
    assert len(server.asked) == 1


async def test_local_hands_the_prompt_back(server: OpenAIServer) -> None:
    server.scripts.append(refuse(429, Retry_After="120"))
    with pytest.raises(UpstreamAwayError, match="429"):
        await answer(server, when_away=WhenAway.LOCAL)
    server.scripts.append(refuse(429, Retry_After="120"))
    refused = (await answer(server, request(images=(PIXEL,)), when_away=WhenAway.LOCAL)).refused
    assert refused.code is ErrorCode.ENGINE_FAILED, "the device's own model sees nothing"
    assert refused.message.endswith("as the prompt has images (when_away: local)")


async def test_local_gets_half_of_the_time(server: OpenAIServer) -> None:
    server.scripts.append(hang())
    began = CLOCK.now()
    with pytest.raises(UpstreamAwayError):
        await answer(server, request(deadline=6.0), when_away=WhenAway.LOCAL)
    assert 3.0 <= CLOCK.now() - began < 5.5


async def test_wait_waits_until_the_server_is_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    failed = asyncio.Event()

    def jitter() -> float:
        failed.set()
        return 0.0

    async with engine(f"http://127.0.0.1:{port}/v1", jitter=jitter, when_away=WhenAway.WAIT) as asked:
        running = asyncio.create_task(run(asked, request()))
        await failed.wait()
        with OpenAIServer(port=port):
            assert (await running).finished.text == "Yes."


@pytest.mark.parametrize(
    "failure",
    [
        raw(b"data: [1, 2]\n\n"),
        raw(b"{}", "application/json"),
        raw(b'data: {"choices": []}\n\n'),
        raw(b'data: {"error": {"message": "out of memory"}}\n\n'),
        say("No", finish_reason="error"),
    ],
)
async def test_wait_is_for_a_server_that_is_away_and_not_for_one_that_fails_each_time(
    server: OpenAIServer, failure: Script
) -> None:
    server.scripts.extend([failure, refuse(503), failure, failure])
    refused = (await answer(server, when_away=WhenAway.WAIT)).refused
    assert refused.code is ErrorCode.ENGINE_FAILED
    assert len(server.asked) == 4


@pytest.mark.parametrize("when_away", [WhenAway.WAIT, WhenAway.REFUSE])
async def test_the_deadline_holds_while_the_server_is_away(server: OpenAIServer, when_away: WhenAway) -> None:
    server.scripts.extend([refuse(503, "busy")] * 50)
    refused = (await answer(server, request(deadline=0.6), when_away=when_away)).refused
    assert refused.code in (ErrorCode.DEADLINE_EXCEEDED, ErrorCode.ENGINE_FAILED)
    assert "503: busy" in refused.message


async def test_a_deadline_amid_the_answer_gives_the_text_so_far(
    server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.scripts.append(hang("Ye", "s"))
    async with engine(server.url, timeout=Seconds(60.0)) as asked:
        events = asked.generate(request(deadline=15.0))
        assert [event.text for _ in range(2) if isinstance(event := await anext(events), Delta)] == ["Ye", "s"]
        pass_time(monkeypatch, 15.0)
        *_, last = [event async for event in events]
    assert isinstance(last, Finished)
    assert (last.reason, last.text, last.usage) == (FinishReason.DEADLINE, "Yes", Usage(0, 2))
    assert await asyncio.to_thread(server.client_left.wait, 10), "the server was told by the closed connection"


@pytest.mark.parametrize("reason", [FinishReason.DEADLINE, FinishReason.CANCELLED])
async def test_the_begin_of_a_stop_is_shown_when_nothing_more_comes(
    server: OpenAIServer, monkeypatch: pytest.MonkeyPatch, reason: FinishReason
) -> None:
    server.scripts.append(hang("abcST"))
    async with engine(server.url, timeout=Seconds(60.0)) as asked:
        events = asked.generate(request(deadline=15.0, stop=("STOP",)))
        assert await anext(events) == Delta(ME, 0, "abc")
        if reason is FinishReason.CANCELLED:
            asked.cancel(ME)
        else:
            pass_time(monkeypatch, 15.0)
        *deltas, last = [event async for event in events]
    assert deltas == [Delta(ME, 1, "ST")]
    assert isinstance(last, Finished)
    assert (last.text, last.reason) == ("abcST", reason)


async def test_cancelling_closes_the_stream(server: OpenAIServer) -> None:
    server.scripts.append(hang("Ye", "s"))
    async with engine(server.url) as asked:
        running = asyncio.create_task(run(asked, request()))
        assert await asyncio.to_thread(server.hanging.wait, 10)
        asked.cancel(PromptId("another"))
        asked.cancel(ME)
        finished = (await running).finished
    assert finished.reason is FinishReason.CANCELLED
    assert "Yes".startswith(finished.text)
    assert await asyncio.to_thread(server.client_left.wait, 10)


async def test_cancelling_between_two_events(server: OpenAIServer) -> None:
    server.scripts.append(hang("Ye", "s"))
    async with engine(server.url) as asked:
        events = asked.generate(request())
        assert isinstance(await anext(events), Delta)
        asked.cancel(ME)
        *_, last = [event async for event in events]
    assert isinstance(last, Finished)
    assert last.reason is FinishReason.CANCELLED


@pytest.mark.parametrize("turns", [1, 2, 3])
async def test_cancelling_what_is_ending_already_changes_nothing(server: OpenAIServer, turns: int) -> None:
    server.scripts.append(hang("Ye", "s"))
    async with engine(server.url) as asked:
        running = asyncio.create_task(run(asked, request()))
        assert await asyncio.to_thread(server.hanging.wait, 10)
        asked.cancel(ME)
        for _ in range(turns):
            await asyncio.sleep(0)  # the stream is being closed
        asked.cancel(ME)
        finished = (await running).finished
    assert finished.reason is FinishReason.CANCELLED


async def test_closing_the_generator_closes_the_stream(server: OpenAIServer) -> None:
    server.scripts.append(hang("Ye", "s"))
    async with engine(server.url) as asked:
        events = asked.generate(request())
        await anext(events)
        await events.aclose()
        assert await asyncio.to_thread(server.client_left.wait, 10)


async def test_a_guided_answer_that_is_no_json_is_refused(server: OpenAIServer) -> None:
    server.scripts.append(say("Sure! {", "}"))
    refused = (await answer(server, request(json_schema='{"type":"object"}'))).refused
    assert refused.code is ErrorCode.UNSUPPORTED


@pytest.mark.parametrize("words", [('{"a":', "1}"), ('{"a":', "1")], ids=["looked for here", "looked for there"])
async def test_a_stop_may_end_a_guided_answer(server: OpenAIServer, words: tuple[str, ...]) -> None:
    server.scripts.append(say(*words))
    finished = (await answer(server, request(json_schema='{"type":"object"}', stop=("}",)))).finished
    assert (finished.text, finished.reason) == ('{"a":1', FinishReason.STOP)


async def test_requests_do_not_touch_each_other(server: OpenAIServer) -> None:
    def echo(exchange: Exchange) -> None:
        say(*exchange.asked.body["messages"][0]["content"])(exchange)

    server.scripts.extend([echo] * 6)
    async with engine(server.url) as asked:
        wanted = [replace(request(f"<{n}>"), id=PromptId(str(n))) for n in range(6)]
        got = await asyncio.gather(*(run(asked, it) for it in wanted))
    assert [it.finished.text for it in got] == [f"<{n}>" for n in range(6)]
    assert json.dumps([it.deltas for it in got[:1]]) == '[["<", "0", ">"]]'
