"""The whole agent with the shipped model on a real broker, from the outside."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.demo.broker import PrivateBroker
from agent.models import find_model
from tests.agent_process import PREFIX, AgentProcess, serving, wait_for_engine, write_config
from tests.client import Client
from tests.waiting import wait_for

QUESTION = "Facts: two people and a dog at the door, 22:40. Question: is there an animal?"
SCHEMA = {
    "type": "object",
    "properties": {"people": {"type": "integer"}, "dog": {"type": "boolean"}},
    "required": ["people", "dog"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("agent")


@pytest.fixture(scope="module")
def broker(folder: Path) -> Iterator[PrivateBroker]:
    (folder / "fields.json").write_text(json.dumps(SCHEMA), encoding="utf-8")
    routes = {
        "fields": {"template": "Facts: {prompt}. Extract people, dog as JSON.", "schema": "fields.json"},
        "short": {"max_tokens": 2},
    }
    with serving(folder, routes=routes, broker={"groups": ["pool"]}) as (broker, _), Client(broker.port) as client:
        client.wait_online()
        yield broker


@pytest.fixture
def client(broker: PrivateBroker, request: pytest.FixtureRequest) -> Iterator[Client]:
    with Client(broker.port, name=request.node.name) as client:
        yield client


def content(reply: dict[str, Any]) -> str:
    return str(reply["choices"][0]["message"]["content"])


def test_plain_text_is_a_prompt(client: Client) -> None:
    client.prompt(QUESTION)
    ((prompt_id, (payload,)),) = wait_for(lambda: list(client.all_replies().items()), 30, "reply")
    reply = json.loads(payload)
    assert reply["id"] == prompt_id
    assert reply["object"] == "chat.completion"
    assert content(reply).startswith("Yes")
    assert "dog" in content(reply)
    usage = reply["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert reply["energy"] == {"joules": None, "source": None}
    assert 0 <= reply["timing"]["queued_ms"] <= reply["timing"]["ttft_ms"] <= reply["timing"]["total_ms"]


def test_reply_goes_to_the_response_topic_with_its_correlation(client: Client) -> None:
    correlation = bytes(range(256))
    topic = f"{PREFIX}/reply/somewhere/else"
    client.prompt(QUESTION, ResponseTopic=topic, CorrelationData=correlation)
    wait_for(lambda: client.messages[topic], 30, "reply")
    assert client.correlations[topic] == [correlation]


def test_deltas_stream_before_the_reply(client: Client) -> None:
    client.prompt({"id": "streamed", "prompt": QUESTION, "stream": True})
    reply = client.reply("streamed")
    topic = f"{PREFIX}/reply/streamed"
    deltas = [json.loads(payload) for payload in client.messages[f"{topic}/stream"]]
    assert [delta["index"] for delta in deltas] == list(range(len(deltas)))
    assert len(deltas) > 2
    assert "".join(delta["delta"] for delta in deltas) == content(reply)
    assert client.arrivals[f"{topic}/stream"] < client.arrivals[topic]


def test_the_same_id_gets_the_same_reply_and_does_not_run_again(client: Client) -> None:
    client.prompt({"id": "again", "prompt": QUESTION})
    client.prompt({"id": "again", "prompt": QUESTION})
    client.reply("again")
    client.prompt({"id": "again", "prompt": QUESTION})
    wait_for(lambda: len(client.replies("again")) >= 2, 30, "stored reply")
    assert len(set(client.all_replies()["again"])) == 1


def test_the_same_id_with_another_prompt_is_refused(client: Client) -> None:
    elsewhere = f"{PREFIX}/reply/another/sender"
    client.prompt({"id": "shared", "prompt": QUESTION})
    client.prompt({"id": "shared", "prompt": "Who are you?"}, ResponseTopic=elsewhere)
    (refused,) = wait_for(lambda: client.messages[elsewhere], 30, "refusal")
    assert json.loads(refused)["error"]["code"] == "invalid_request"
    assert content(client.reply("shared")).startswith("Yes")
    assert len(client.messages[elsewhere]) == 1


def test_route_with_template_and_schema(client: Client) -> None:
    client.publish("prompt/fields", "two people and a dog at the door, 22:40", ResponseTopic=f"{PREFIX}/reply/fields")
    assert json.loads(content(client.reply("fields"))) == {"people": 2, "dog": True}


def test_route_limits_the_answer(client: Client) -> None:
    client.publish("prompt/short", {"id": "short", "prompt": QUESTION})
    reply = client.reply("short")
    assert reply["choices"][0]["finish_reason"] == "length"
    assert reply["usage"]["completion_tokens"] == 2


def test_a_prompt_to_the_pool_is_answered_by_its_member(client: Client, broker: PrivateBroker) -> None:
    body = json.dumps({"id": "pooled", "prompt": QUESTION})
    subprocess.run(
        ["mosquitto_pub", "-p", str(broker.port), "-q", "1", "-t", "edge/pool/prompt", "-m", body], check=True
    )
    assert content(client.reply("pooled")).startswith("Yes")


def test_unknown_model_is_not_found(client: Client) -> None:
    client.prompt({"id": "unknown-model", "prompt": QUESTION, "model": "llama-70b"})
    error = client.reply("unknown-model")["error"]
    assert error["code"] == "model_not_found"
    assert "edge-tiny" in error["message"]


def test_context_overflow_is_refused_with_the_numbers(client: Client) -> None:
    client.prompt({"id": "overflow", "prompt": QUESTION, "max_tokens": 100_000})
    error = client.reply("overflow")["error"]
    assert error["code"] in ("too_large", "invalid_request")
    assert "100" in error["message"]


# What follows needs a model that is busy: the engine's process is stopped (SIGSTOP) and woken again.


@pytest.fixture
def stopped(tmp_path: Path) -> Iterator[tuple[Client, AgentProcess, int]]:
    """An agent whose engine stands still and holds a first prompt; with a queue of four."""
    with serving(tmp_path, queue={"max_prompts": 4}) as (broker, agent), Client(broker.port) as client:
        client.wait_online()
        engine = wait_for_engine(agent)
        os.kill(engine, signal.SIGSTOP)
        client.prompt({"id": "first", "prompt": QUESTION})
        client.prompt({"id": "fence"})
        client.reply("fence")
        yield client, agent, engine
        with contextlib.suppress(ProcessLookupError):
            os.kill(engine, signal.SIGCONT)


def test_priority_then_age(stopped: tuple[Client, AgentProcess, int]) -> None:
    client, _, engine = stopped
    for name, priority in (("low", -1), ("normal", 0), ("high", 5), ("normal2", 0)):
        client.prompt({"id": name, "prompt": QUESTION, "priority": priority, "max_tokens": 3})
    client.prompt({"id": "fence2"})
    client.reply("fence2")
    os.kill(engine, signal.SIGCONT)
    client.reply("low")
    arrived = {
        name: client.arrivals[f"{PREFIX}/reply/{name}"] for name in ("first", "high", "normal", "normal2", "low")
    }
    assert list(arrived) == sorted(arrived, key=lambda name: arrived[name])


def test_a_full_queue_says_when_to_come_back(stopped: tuple[Client, AgentProcess, int]) -> None:
    client, _, engine = stopped
    for number in range(8):
        client.prompt({"id": f"q{number}", "prompt": QUESTION, "max_tokens": 3})
    refused = wait_for(
        lambda: [n for n in range(8) if client.replies(f"q{n}")] if client.replies("q7") else None, 10, "q7"
    )
    os.kill(engine, signal.SIGCONT)
    replies = [client.reply(f"q{number}") for number in range(8)]
    assert 3 <= len(refused) <= 4  # the first prompt may have been claimed already
    for number in refused:
        assert replies[number]["error"]["code"] == "queue_full"
        assert replies[number]["error"]["retry_after_ms"] > 0
    client.prompt({"id": "q7", "prompt": QUESTION})
    wait_for(lambda: "choices" in client.replies("q7")[-1], 30, "a result for what was refused before")


def test_cancel_what_waits_and_what_runs(stopped: tuple[Client, AgentProcess, int]) -> None:
    client, _, engine = stopped
    client.prompt({"id": "waiting", "prompt": QUESTION})
    client.publish("cancel", {"id": "waiting"})
    assert client.reply("waiting")["choices"][0]["finish_reason"] == "cancelled"
    client.publish("cancel", {"id": "first"})
    client.prompt({"id": "fence2"})
    client.reply("fence2")
    os.kill(engine, signal.SIGCONT)
    assert client.reply("first")["choices"][0]["finish_reason"] == "cancelled"


def test_late_prompts_are_not_run(stopped: tuple[Client, AgentProcess, int]) -> None:
    client, _, _ = stopped
    client.prompt({"id": "late", "prompt": QUESTION, "deadline_ms": 200})
    client.prompt({"id": "expired", "prompt": QUESTION}, MessageExpiryInterval=1)
    assert client.reply("late")["error"]["code"] == "deadline_exceeded"
    assert client.reply("expired")["error"]["code"] == "deadline_exceeded"


def test_an_engine_that_hangs_is_replaced_and_the_prompt_answered(tmp_path: Path) -> None:
    with serving(tmp_path, engine={"step_timeout": "5s"}) as (broker, agent), Client(broker.port) as client:
        client.wait_online()
        engine, pid = wait_for_engine(agent), agent.pid
        os.kill(engine, signal.SIGSTOP)
        client.prompt({"id": "hung", "prompt": QUESTION})
        assert content(client.reply("hung")).startswith("Yes")
        assert agent.engine_pid() not in (None, engine)
        assert agent.pid == pid
        events = [json.loads(payload)["event"] for payload in client.messages[f"{PREFIX}/event"]]
        assert "engine_lost" in events


def test_the_status_names_no_model_after_its_engine_is_lost_and_does_not_load_again(tmp_path: Path) -> None:
    model = tmp_path / "models" / "mine"
    shutil.copytree(find_model("edge-tiny", None, tmp_path), model)
    sections = {"models_dir": str(model.parent), "model": {"name": model.name}}
    with serving(tmp_path, **sections) as (broker, agent), Client(broker.port) as client:

        def status() -> dict[str, Any]:
            told = client.messages[f"{PREFIX}/status"]
            return dict(json.loads(told[-1])) if told else {}

        wait_for(lambda: status().get("model") == model.name, 60, "model in the status")
        (model / "model.onnx.data").write_bytes(b"")
        os.kill(wait_for_engine(agent), signal.SIGKILL)
        wait_for(lambda: status()["model"] is None, 30, "status without a model")
        assert [status()[about] for about in ("engine", "context_length", "vision")] == [None, None, None]


def test_stop_under_load_loses_nothing_and_exits_0(tmp_path: Path) -> None:
    with serving(tmp_path, stop_timeout="3s") as (broker, agent), Client(broker.port) as client:
        client.wait_online()
        for number in range(100):
            client.prompt({"id": f"s{number}", "prompt": QUESTION})
        client.reply("s0")
        agent.signal(signal.SIGTERM)
        assert agent.wait(3 + 7) == 0
        wait_for(
            lambda: json.loads(client.messages[f"{PREFIX}/status"][-1]) == {"state": "offline", "reason": "stopped"},
            5,
            "status stopped",
        )
        agent.start()
        replies = [client.reply(f"s{number}") for number in range(100)]
        assert all("choices" in reply for reply in replies)
        assert all(len(set(payloads)) == 1 for payloads in client.all_replies().values())


def test_a_stopped_engine_does_not_delay_the_stop(stopped: tuple[Client, AgentProcess, int]) -> None:
    _, agent, _ = stopped
    agent.signal(signal.SIGTERM)
    assert agent.wait(10 + 3) == 0


def test_a_second_signal_ends_it_at_once(stopped: tuple[Client, AgentProcess, int]) -> None:
    _, agent, engine = stopped
    agent.signal(signal.SIGTERM)
    wait_for(lambda: "stopping" in agent.log.read_text(encoding="utf-8"), 5, "begin of the stop")
    agent.signal(signal.SIGTERM)
    assert agent.wait(5) == -signal.SIGTERM
    wait_for(lambda: not os.path.exists(f"/proc/{engine}"), 5, "end of the engine")  # noqa: PTH110 - proc(5)


def test_a_broker_that_comes_later_and_goes_away(tmp_path: Path) -> None:
    broker = PrivateBroker(tmp_path)
    with AgentProcess(write_config(tmp_path, broker.port)) as agent:
        wait_for(lambda: "model_loaded" in agent.log.read_text(encoding="utf-8"), 30, "model")
        with broker, Client(broker.port) as client:
            client.wait_online()
            client.prompt({"id": "one", "prompt": QUESTION})
            client.reply("one")
            broker.stop()
            wait_for(lambda: "broker_connection_lost" in agent.log.read_text(encoding="utf-8"), 30, "loss of it")
            broker.start()
            client.prompt({"id": "two", "prompt": QUESTION})
            assert content(client.reply("two", 90)).startswith("Yes")


def test_a_broker_that_forbids_the_status_is_no_reason_to_stop(tmp_path: Path) -> None:
    acl = tmp_path / "acl"
    acl.write_text(f"topic read #\ntopic write {PREFIX}/prompt\ntopic write {PREFIX}/reply/#\n", encoding="utf-8")
    with PrivateBroker(tmp_path, extra_config=f"acl_file {acl}") as broker, Client(broker.port) as client:
        with AgentProcess(write_config(tmp_path, broker.port)) as agent:
            wait_for(lambda: "broker_connected" in agent.log.read_text(encoding="utf-8"), 30, "connection")
            client.prompt({"id": "unannounced", "prompt": QUESTION})
            assert content(client.reply("unannounced")).startswith("Yes")
            agent.signal(signal.SIGTERM)
            assert agent.wait(20) == 0
        assert "status_refused" in agent.log.read_text(encoding="utf-8")


def test_a_damaged_journal_is_set_aside_and_told(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "journal.db").write_bytes(b"this is no database" * 1000)
    with PrivateBroker(tmp_path) as broker, Client(broker.port) as client:
        with AgentProcess(write_config(tmp_path, broker.port)):
            client.wait_online()
            client.prompt({"id": "fresh", "prompt": QUESTION})
            client.reply("fresh")
        events = [json.loads(payload) for payload in client.messages[f"{PREFIX}/event"]]
    assert [event["event"] for event in events].count("journal_set_aside") == 1
    assert list((tmp_path / "state").glob("journal.db.damaged-*"))


def test_a_wrong_configuration_exits_78_with_every_error(tmp_path: Path) -> None:
    path = tmp_path / "agent.yaml"
    path.write_text("broker: {hots: x, port: 99999}\nqueue: {max_prompts: none}\n", encoding="utf-8")
    command = [sys.executable, "-m", "agent", "run", "--config", str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert result.returncode == 78
    for part in (f"{path}:1", f"{path}:2", "hots", "port", "max_prompts"):
        assert part in result.stderr


def test_a_model_that_is_not_there_exits_78(tmp_path: Path) -> None:
    path = write_config(tmp_path, 1, model={"name": "no-such-model"})
    command = [sys.executable, "-m", "agent", "run", "--config", str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert result.returncode == 78
    assert "no-such-model" in result.stderr
    assert "Traceback" not in result.stderr
