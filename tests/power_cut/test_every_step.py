"""Killed at each single persisted step, before it and after it: every prompt is answered once."""

import os
import signal
import sys
from pathlib import Path

import pytest

from agent.demo.broker import PrivateBroker
from tests.agent_process import AgentProcess, wait_for_engine, write_config
from tests.client import Client
from tests.power_cut.faulty_agent import STEPS
from tests.waiting import wait_for

PROMPTS = ("first", "second", "third")
PROMPT = "Facts: a dog at the door. Question: is there an animal?"


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_no_prompt_is_lost_or_answered_twice(tmp_path: Path, step: str, when: str) -> None:
    with PrivateBroker(tmp_path) as broker, Client(broker.port) as client:
        config = write_config(tmp_path, broker.port)
        with AgentProcess(config):
            client.wait_online()  # from now on the broker keeps what comes for this device
        faulty = (sys.executable, "-m", "tests.power_cut.faulty_agent", step, when, "1")
        with AgentProcess(config, faulty) as agent:
            stopped = _stop_engine(client, agent) if step == "put_back" else None
            sent = {client.prompt({"id": name, "prompt": PROMPT}) for name in PROMPTS}
            if stopped is not None:
                wait_for(lambda: sent <= client.acknowledged, 30, "acknowledgement of what the engine cannot run")
                os.kill(stopped, signal.SIGKILL)
            assert agent.wait(60) == -signal.SIGKILL, "the step was never reached"
        with AgentProcess(config):
            replies = {name: client.reply(name) for name in PROMPTS}
            client.prompt({"id": "last", "prompt": "Who are you?"})
            client.reply("last")
        for name in PROMPTS:
            assert replies[name]["choices"][0]["finish_reason"] == "stop"
            assert len(set(client.all_replies()[name])) == 1, "two different replies"


def _stop_engine(client: Client, agent: AgentProcess) -> int:
    """Stop the engine where it is, so that it is amid the next prompt when it is killed."""
    client.messages.clear()
    client.wait_online()
    engine = wait_for_engine(agent)
    os.kill(engine, signal.SIGSTOP)
    return engine
