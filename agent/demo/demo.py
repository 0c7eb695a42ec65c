"""`jetson-agent demo`: brings everything up, asks a few questions, stays up, takes everything down.

Owns, through context managers, a temporary folder, a broker and an agent. They are ended in reverse order, whatever
happens; when the demo itself is killed, the kernel tells its children to end (only the folder stays).
"""

import contextlib
import os
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType

from agent.ask import what_it_took
from agent.client import AgentClient, Answer, AskError
from agent.config import Broker
from agent.demo.agent_process import DEVICE_ID, PREFIX, AgentProcess
from agent.demo.broker import PrivateBroker, find_mosquitto
from agent.demo.camera import REQUEST, Watch, camera_section
from agent.demo.clip_file import caches, ensure_clip
from agent.demo.echo import echo
from agent.demo.install import ensure_mosquitto
from agent.demo.prompts import QUESTIONS, Question
from agent.demo.until_parent_ends import launcher
from agent.demo.view import View
from agent.errors import StopError
from agent.units import Seconds
from agent.wire.notice import OnlinePayload

_START_TIMEOUT = Seconds(180.0)
_ANSWER_TIMEOUT = Seconds(60.0)
_OBSERVATION_TIMEOUT = Seconds(30.0)
_FOR_EVER = Seconds(float("inf"))


def run_demo(*, once: bool, port: int | None) -> int:
    """Run the demo.

    Args:
        once: End after the prompts.
        port: The broker's port. None: a free one.

    Returns:
        The exit code: 0 when every prompt was answered and the camera has told something.

    Raises:
        StopError: Something could not be started; the message says what and why.
    """
    view = View()
    with contextlib.ExitStack() as stack:
        stack.enter_context(_sigterm_like_control_c())
        ensure_mosquitto(view.waiting, find=find_mosquitto, user=os.geteuid())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="jetson-agent-demo-")))
        broker = stack.enter_context(PrivateBroker(folder, port, launcher=launcher()))
        view.line(f"broker  mosquitto on 127.0.0.1:{broker.port}, private to this machine")
        clip = ensure_clip(view.waiting, folder, caches())
        agent = stack.enter_context(AgentProcess(folder, broker.port, camera_section(clip)))
        client = stack.enter_context(AgentClient(Broker(host="127.0.0.1", port=broker.port), PREFIX))
        watch = Watch(client, PREFIX, folder / "yard.jpg")
        model = _wait_until_ready(client, agent, view)
        answers = _ask_all(client, view)
        has_seen = _show_camera(client, watch, view)
        _summarize(answers, agent, view)
        if not once:
            _stay_up(client, agent, view, watch, port=broker.port, model=model)
    return 0 if all(answers) and has_seen else 1


def _wait_until_ready(client: AgentClient, agent: AgentProcess, view: View) -> str:
    started = time.monotonic()

    def is_ready() -> bool:
        return isinstance(client.status, OnlinePayload) and client.status.model is not None

    with view.waiting("agent   starting, and loading its model"):
        client.wait(lambda: is_ready() or not agent.is_running, _START_TIMEOUT)
    if not agent.is_running:
        raise StopError(f"the agent ended; it said:\n{agent.last_log_lines()}")
    if not isinstance(client.status, OnlinePayload) or client.status.model is None:
        raise StopError(f"the agent is not ready after {_START_TIMEOUT:g} s; it said:\n{agent.last_log_lines()}")
    view.line(f"agent   {DEVICE_ID}, ready with {client.status.model} after {time.monotonic() - started:.1f} s")
    return client.status.model


def _ask_all(client: AgentClient, view: View) -> list[Answer | None]:
    return [_ask_one(client, view, number, question) for number, question in enumerate(QUESTIONS, 1)]


def _ask_one(client: AgentClient, view: View, number: int, question: Question) -> Answer | None:
    view.title(f"{number}/{len(QUESTIONS)} {question.title}")
    view.paragraph(question.text, "dim", indent="  > ")
    try:
        with view.writing() as write:
            answer = client.ask(question.payload(), _ANSWER_TIMEOUT, write)
    except AskError as error:
        view.paragraph(f"No answer: {error}", "red")
        return None
    view.paragraph(f"({what_it_took(answer)})", "dim")
    return answer


def _show_camera(client: AgentClient, watch: Watch, view: View) -> bool:
    """What the camera has told by now, or tells next; whether it does."""
    view.title("A camera, that asks by itself when something moves")
    view.paragraph(REQUEST, "dim", indent="  > ")
    client.wait(lambda: watch.latest is not None, _OBSERVATION_TIMEOUT)
    if watch.latest is None:
        view.paragraph(f"Nothing was told within {_OBSERVATION_TIMEOUT:g} s.", "red")
        return False
    view.paragraph(watch.latest.text)
    view.paragraph(watch.latest.note, "dim")
    return True


def _summarize(answers: Sequence[Answer | None], agent: AgentProcess, view: View) -> None:
    timings = [answer.completion.timing for answer in answers if answer is not None]
    first = [timing.ttft_ms for timing in timings if timing.ttft_ms is not None]
    speeds = [timing.decode_tokens_per_s for timing in timings if timing.decode_tokens_per_s is not None]
    agent_mib, engine_mib, camera_mib = (size / 2**20 for size in agent.resident_bytes())
    view.title("Summary")
    for name, value in (
        ("prompts answered", f"{len(timings)} of {len(answers)}"),
        ("time to first token", f"{statistics.median(first):g} ms (median)" if first else "-"),
        ("speed", f"{statistics.median(speeds):g} tokens/s (median)" if speeds else "-"),
        ("memory", f"engine {engine_mib:.0f} MiB, agent {agent_mib:.0f} MiB, camera {camera_mib:.0f} MiB (resident)"),
    ):
        view.line(f"  {name:<21}{value}")


def _stay_up(  # noqa: PLR0913 - all that stays up
    client: AgentClient, agent: AgentProcess, view: View, watch: Watch, *, port: int, model: str
) -> None:
    echo(client, watch, view)  # before anybody can type what is said next
    at, ask = f"-h 127.0.0.1 -p {port}", "Facts: two people and a dog at the door, 22:40. Question: is there an animal?"
    view.title(f"{model} stays up until Ctrl-C. To try it by hand, in another terminal:")
    view.line(f"mosquitto_sub {at} -t '{PREFIX}/reply/#' -v")
    view.line(f"mosquitto_pub {at} -t {PREFIX}/prompt -m '{ask}'")
    view.line(f"{_program(Path(sys.executable))} ask --config {agent.config} 'What can you do?'")
    view.line(f"The camera's latest picture: {watch.picture}", "dim")
    view.line()
    if shutil.which("mosquitto_pub") is None:
        view.line("(mosquitto_pub is not installed: sudo apt-get install mosquitto-clients)", "dim")
    try:
        client.wait(lambda: not agent.is_running, _FOR_EVER)
    except KeyboardInterrupt:
        view.line("stopping")
        return
    raise StopError(f"the agent ended; it said:\n{agent.last_log_lines()}")


def _program(python: Path) -> str:
    """What starts this program in another terminal: the installed command, if there is one."""
    beside = python.with_name("jetson-agent")
    if shutil.which("jetson-agent"):
        return beside.name
    return str(beside) if beside.exists() else f"{python} -m agent"


@contextlib.contextmanager
def _sigterm_like_control_c() -> Iterator[None]:
    def interrupt(_signum: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
