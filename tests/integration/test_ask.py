"""`jetson-agent ask` and the client under it, against an agent that says what the test wants, on a real broker."""

import gc
import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from paho.mqtt.client import MQTTMessage
from typer.testing import CliRunner, Result

from agent.cli import cli
from agent.client import AgentClient, AskError
from agent.config import Broker
from agent.demo.broker import PrivateBroker, free_port
from agent.prompt import FinishReason
from agent.units import Seconds
from agent.wire.request import PromptPayload
from tests.integration.fake_agent import DEADLINE_S, PREFIX, FakeAgent, completion, failure, property_of, response_topic

Answering = Callable[[FakeAgent, MQTTMessage], None]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with PrivateBroker(tmp_path_factory.mktemp("broker")) as broker:
        yield broker.port


@pytest.fixture
def config(tmp_path: Path, port: int) -> Path:
    return _config(tmp_path, port)


def _config(folder: Path, port: int, *more: str) -> Path:
    file = folder / "agent.yaml"
    file.write_text("\n".join(["device: {id: fake}", "broker:", "  host: 127.0.0.1", f"  port: {port}", *more]))
    return file


def _ask(config: Path, *arguments: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(cli, ["ask", "-c", str(config), *arguments], input=stdin)


def _say(text: str, *deltas: tuple[int, str], reason: FinishReason = FinishReason.STOP) -> Answering:
    def answer(agent: FakeAgent, prompt: MQTTMessage) -> None:
        agent.stream(prompt, *deltas)
        agent.reply(prompt, completion(prompt, text, reason))

    return answer


def _refuse(agent: FakeAgent, prompt: MQTTMessage) -> None:
    agent.reply(prompt, failure(prompt))


def _stay_silent(_agent: FakeAgent, _prompt: MQTTMessage) -> None:
    pass


@pytest.fixture
def fake_agent(port: int) -> Iterator[Callable[[Answering], FakeAgent]]:
    agents: list[FakeAgent] = []

    def start(answer: Answering) -> FakeAgent:
        agents.append(FakeAgent(port, answer))
        agents[-1].say_online()
        return agents[-1].__enter__()

    yield start
    for agent in agents:
        agent.__exit__(None, None, None)


Start = Callable[[Answering], FakeAgent]


def test_prints_the_answer_and_on_the_error_output_what_it_took(config: Path, fake_agent: Start) -> None:
    fake_agent(_say("Yes, a dog.", (0, "Yes,"), (1, " a dog.")))
    result = _ask(config, "Is there an animal?")
    assert result.stdout == "Yes, a dog.\n"
    assert result.stderr == "17 tokens, 31.1 tokens/s, first after 95 ms, all after 640 ms\n"
    assert result.exit_code == 0


def test_says_when_the_answer_was_cut_off(config: Path, fake_agent: Start) -> None:
    fake_agent(_say("Yes, a", reason=FinishReason.DEADLINE))
    assert _ask(config, "?").stderr.endswith(", ended by deadline\n")


def test_sends_what_the_contract_asks_for(config: Path, fake_agent: Start) -> None:
    agent = fake_agent(_say("x"))
    _ask(config, "--timeout", "1500ms", "What can you do?")
    prompt = agent.prompts.get(timeout=DEADLINE_S)
    sent = json.loads(prompt.payload)
    assert sent == {"id": sent["id"], "prompt": "What can you do?", "stream": True, "deadline_ms": 1500}
    assert response_topic(prompt) == f"{PREFIX}/reply/{sent['id']}"
    assert property_of(prompt, "CorrelationData") == sent["id"].encode()
    assert property_of(prompt, "MessageExpiryInterval") in (1, 2)


@pytest.mark.parametrize("arguments", [(), ("-",)])
def test_reads_the_question_from_a_pipe(config: Path, fake_agent: Start, arguments: tuple[str, ...]) -> None:
    agent = fake_agent(_say("x"))
    assert _ask(config, *arguments, stdin="Is it\nopen?\n").exit_code == 0
    assert json.loads(agent.prompts.get(timeout=DEADLINE_S).payload)["prompt"] == "Is it\nopen?\n"


def test_a_question_that_is_not_text_is_not_sent(config: Path) -> None:
    result = _ask(config, stdin=b"\xff\xfe")
    assert result.exit_code == 2
    assert "not UTF-8" in result.stderr


def test_an_empty_question_is_not_sent(config: Path) -> None:
    result = _ask(config, stdin=" \n")
    assert (result.exit_code, result.stderr) == (1, "the question is empty\n")


def test_another_device_can_be_asked(config: Path) -> None:
    result = _ask(config, "--device", "nobody", "?")
    assert "no agent edge/nobody at the broker 127.0.0.1:" in result.stderr
    assert result.exit_code == 1


def test_a_wrong_device_id_or_timeout_is_a_usage_error(config: Path) -> None:
    assert _ask(config, "--device", "a/b", "?").exit_code == 2
    assert _ask(config, "--timeout", "5", "?").exit_code == 2


def test_json_prints_the_reply_as_it_came(config: Path, fake_agent: Start) -> None:
    fake_agent(_say("Yes.", (0, "Yes")))
    result = _ask(config, "--json", "?")
    assert json.loads(result.stdout)["choices"][0]["message"]["content"] == "Yes."
    assert result.stderr == ""


def test_an_error_reply_is_told_in_its_own_words(config: Path, fake_agent: Start) -> None:
    fake_agent(_refuse)
    result = _ask(config, "?")
    assert result.stderr == "the agent could not answer: 1000 prompts wait already (queue_full)\n"
    assert (result.exit_code, result.stdout) == (1, "")


def test_json_prints_an_error_reply_too(config: Path, fake_agent: Start) -> None:
    fake_agent(_refuse)
    result = _ask(config, "--json", "?")
    assert json.loads(result.stdout)["error"]["code"] == "queue_full"
    assert result.exit_code == 1


def test_an_unreadable_reply_is_told(config: Path, fake_agent: Start) -> None:
    def answer(agent: FakeAgent, prompt: MQTTMessage) -> None:
        agent._client.publish(response_topic(prompt), b'{"id": 1}', qos=1)

    fake_agent(answer)
    assert "the agent's reply cannot be read" in _ask(config, "?").stderr


def test_control_characters_do_not_reach_the_terminal(config: Path, fake_agent: Start) -> None:
    fake_agent(_say("a\x1b[2Jb\n\tc"))
    assert _ask(config, "?").stdout == "a[2Jb\n\tc\n"


def _pieces(port: int, timeout: Seconds = Seconds(DEADLINE_S)) -> list[str]:  # noqa: B008  # Seconds is a float
    pieces: list[str] = []
    with AgentClient(Broker(host="127.0.0.1", port=port), PREFIX) as client:
        client.ask(PromptPayload(prompt="?"), timeout, pieces.append)
    return pieces


def test_text_comes_piece_by_piece(port: int, fake_agent: Start) -> None:
    fake_agent(_say("One two.", (0, "One"), (1, " two"), (2, ".")))
    assert _pieces(port) == ["One", " two", "."]


def test_after_a_lost_delta_the_reply_gives_the_rest(port: int, fake_agent: Start) -> None:
    fake_agent(_say("One two three.", (0, "One"), (2, " three"), (3, ".")))
    assert _pieces(port) == ["One", " two three."]


def test_without_any_delta_the_reply_gives_all(port: int, fake_agent: Start) -> None:
    fake_agent(_say("One two."))
    assert _pieces(port) == ["One two."]


def test_a_reply_that_is_another_text_than_the_deltas_is_shown_whole(port: int, fake_agent: Start) -> None:
    fake_agent(_say("Perhaps.", (0, "One"), (0, "Per"), (1, "haps")))
    assert _pieces(port)[-1] == "\nPerhaps."


def test_several_questions_go_over_one_connection(port: int, fake_agent: Start) -> None:
    fake_agent(_say("Yes.", (0, "Yes")))
    with AgentClient(Broker(host="127.0.0.1", port=port), PREFIX) as client:
        answers = [client.ask(PromptPayload(prompt="?"), Seconds(DEADLINE_S), lambda _: None) for _ in range(3)]
    assert [answer.text for answer in answers] == ["Yes."] * 3
    assert len({answer.completion.id for answer in answers}) == 3


def test_an_agent_that_is_offline_is_told_at_once_and_nothing_is_sent(config: Path, fake_agent: Start) -> None:
    agent = fake_agent(_say("x"))
    agent.say_offline()
    result = _ask(config, "?")
    assert result.stderr == "the agent edge/fake is offline (lost); nothing was sent\n"
    assert result.exit_code == 1
    assert agent.prompts.empty()


def test_a_timeout_is_told_and_the_prompt_cancelled(port: int, fake_agent: Start) -> None:
    agent = fake_agent(_stay_silent)
    with pytest.raises(AskError, match=r"no reply in 0\.1 s: the agent edge/fake may be busy"):
        _pieces(port, Seconds(0.1))
    sent = json.loads(agent.prompts.get(timeout=DEADLINE_S).payload)
    assert agent.cancelled.get(timeout=DEADLINE_S) == sent["id"]


def test_a_timeout_says_when_no_model_is_loaded(port: int, fake_agent: Start) -> None:
    fake_agent(_stay_silent).say_online(model=None)
    with pytest.raises(AskError, match="has no model loaded"):
        _pieces(port, Seconds(0.1))


def test_control_c_cancels_the_prompt_and_exits_130_quietly(config: Path, fake_agent: Start) -> None:
    agent = fake_agent(lambda agent, prompt: agent.stream(prompt, (0, "Well")))
    command = [sys.executable, "-m", "agent", "ask", "-c", str(config), "?"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.read(4) == b"Well"
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=DEADLINE_S)
    sent = json.loads(agent.prompts.get(timeout=DEADLINE_S).payload)
    assert agent.cancelled.get(timeout=DEADLINE_S) == sent["id"]
    assert (process.returncode, stderr) == (130, b"")


@pytest.mark.parametrize("arguments", [["?"], ["--json", "?"]])
def test_an_output_that_takes_nothing_is_one_clear_line(config: Path, fake_agent: Start, arguments: list[str]) -> None:
    fake_agent(_say("Yes, a dog.", (0, "Yes,"), (1, " a dog.")))
    command = [sys.executable, "-m", "agent", "ask", "-c", str(config), *arguments]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=DEADLINE_S, check=False)
    assert done.stderr == b"the answer could not be written: No space left on device\n"
    assert done.returncode == 74


def test_no_broker_is_one_clear_line(tmp_path: Path) -> None:
    port = free_port()
    result = _ask(_config(tmp_path, port), "?")
    assert result.stderr == f"no broker at 127.0.0.1:{port}: is it running? Check broker.host and broker.port\n"
    assert result.exit_code == 1


def test_refused_credentials_are_told(tmp_path: Path) -> None:
    with PrivateBroker(tmp_path, extra_config="allow_anonymous false") as broker:
        result = _ask(_config(tmp_path, broker.port), "?")
    assert "refuses us: Not authorized: check broker.user and broker.password_file" in result.stderr


def test_user_and_password_are_used(tmp_path: Path) -> None:
    users, password = tmp_path / "users", tmp_path / "password"
    password.write_text("hunter2\n")
    subprocess.run(["mosquitto_passwd", "-b", "-c", users, "me", "hunter2"], check=True, timeout=10)
    extra = f"allow_anonymous false\npassword_file {users}"
    more = ["  user: me", f"  password_file: {password}"]
    with PrivateBroker(tmp_path, extra_config=extra) as broker:
        result = _ask(_config(tmp_path, broker.port, *more), "?")
    assert "no agent edge/fake at the broker" in result.stderr


def test_a_broker_that_goes_away_is_told(tmp_path: Path) -> None:
    with PrivateBroker(tmp_path) as broker, FakeAgent(broker.port, lambda _agent, _prompt: broker.stop()) as agent:
        agent.say_online()
        result = _ask(_config(tmp_path, broker.port), "?")
    assert re.fullmatch(r"the connection to the broker at 127\.0\.0\.1:\d+ was lost\n", result.stderr)


# paho leaves the socket of a failed handshake to the garbage collector, which warns.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_tls_to_a_port_without_is_told(tmp_path: Path, port: int) -> None:
    result = _ask(_config(tmp_path, port, "  tls: {}"), "?")
    # Which one depends on whether mosquitto's end arrives before or during the handshake.
    assert re.match(rf"(TLS with|no broker with TLS at) 127\.0\.0\.1:{port}", result.stderr)
    assert result.exit_code == 1
    del result
    gc.collect()
