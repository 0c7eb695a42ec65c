"""What happens to an agent when memory is short, in a control group of its own. Each scenario checks and tells."""

import contextlib
import json
import signal
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from agent.demo.broker import PrivateBroker
from agent.platform.footprint import footprint
from tests.agent_process import PREFIX, AgentProcess, write_config
from tests.client import Client
from tests.memory_group import Eaters, MemoryGroup
from tests.waiting import wait_for

QUESTION = {"prompt": "Facts: a dog at the door. Question: is there an animal?", "max_tokens": 8}
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Scene:
    """An agent in its group, and a client."""

    group: MemoryGroup
    agent: AgentProcess
    client: Client

    def ask(self, name: str) -> dict[str, Any]:
        """Send a prompt and wait for its reply."""
        self.client.prompt({"id": name, **QUESTION})
        return self.client.reply(name, _PATIENCE)

    def events(self, name: str) -> list[dict[str, Any]]:
        """The details of all events of a kind."""
        events = [json.loads(payload) for payload in list(self.client.messages[f"{PREFIX}/event"])]
        return [event["detail"] for event in events if event["event"] == name]

    def wait_event(self, name: str, count: int = 1) -> dict[str, Any]:
        """The event, when there have been so many."""
        return wait_for(lambda: self.events(name)[count - 1 :], _PATIENCE, f"event {name}")[0]


@contextlib.contextmanager
def scene(group: MemoryGroup, **sections: object) -> Iterator[Scene]:
    """An agent that runs in the group; its broker and this program stay outside."""
    with tempfile.TemporaryDirectory(prefix="jetson-agent-memory-") as name, PrivateBroker(Path(name)) as broker:
        command = [*group.enter, sys.executable, "-m", "agent"]
        with (
            AgentProcess(write_config(Path(name), broker.port, **sections), command) as agent,
            Client(broker.port) as client,
        ):
            # Before it has subscribed, what is sent to it is lost; its status comes after that.
            wait_for(lambda: b"online" in b"".join(client.messages[f"{PREFIX}/status"]), _PATIENCE, "agent")
            yield Scene(group, agent, client)


def refused(group: MemoryGroup, **sections: object) -> str:
    """A model that does not fit is refused with the numbers, and nothing is killed; returns what the sender is told."""
    with scene(group, **sections) as it:
        error = it.ask("a")["error"]
        told = it.wait_event("model_does_not_fit")
        assert error["code"] == "does_not_fit", error
        assert told["needed_bytes"] > told["available_bytes"]
        assert f"{told['needed_bytes']:,}" in error["message"], error
        assert it.agent.is_alive()
        assert group.kills() == 0
    return str(error["message"])


def runs(group: MemoryGroup, **sections: object) -> dict[str, Any]:
    """A model that fits answers; returns the status and the events."""
    with scene(group, **sections) as it:
        status = it.client.wait_online(_PATIENCE)
        assert "choices" in it.ask("a")
        assert group.kills() == 0
        return {**status, "shortened": it.events("context_shortened"), "did_not_fit": it.events("model_does_not_fit")}


def squeezed(group: MemoryGroup, leave: int, **sections: object) -> dict[str, Any]:
    """Another process eats until `leave` bytes are free: the agent sheds, tells, survives and recovers."""
    with scene(group, **sections) as it, Eaters(group) as eaters:
        it.client.wait_online(_PATIENCE)
        assert "choices" in it.ask("before")
        pid = it.agent.pid
        eaters.leave(leave)
        low = it.wait_event("memory_low")
        unloaded = it.wait_event("model_unloaded")
        eaters.leave(leave)  # what the model gave back, too
        during = it.ask("during")["error"]
        assert during["code"] == "does_not_fit", during
        assert during["retry_after_ms"], during
        eaters.hold(0)
        recovered = it.wait_event("memory_recovered")
        it.wait_event("model_loaded", 2)
        assert "choices" in it.ask("after")
        assert (it.agent.pid, it.agent.is_alive()) == (pid, True)
        assert group.kills() == 0, "the kernel had to help"
    return {"low": low, "unloaded": unloaded["reason"], "during": during["message"], "recovered": recovered}


def killed(group: MemoryGroup, **sections: object) -> dict[str, Any]:
    """Memory goes faster than anyone can act: the kernel kills, and it is the engine, not the agent.

    Before the engine's memory is back, it may kill one more of those that ask for memory just then.
    """
    with scene(group, **sections) as it:
        it.client.wait_online(_PATIENCE)
        engine = wait_for(it.agent.engine_pid, _PATIENCE, "an engine")
        held = footprint(engine).value or 0
        with Eaters(group) as eaters:
            it.agent.signal(signal.SIGSTOP)  # so that the agent cannot see it coming
            eaters.leave(-held // 2)  # without the engine there is room for all
            wait_for(group.kills, _PATIENCE, "kill by the kernel")
            it.agent.signal(signal.SIGCONT)
            lost = it.wait_event("engine_lost")
            assert not psutil.pid_exists(engine)
            assert it.agent.is_alive()
        assert "choices" in it.ask("after")
        assert it.agent.is_alive()
        return {"kills": group.kills(), "lost": lost["reason"]}
