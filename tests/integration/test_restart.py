"""A restart that is ordered: the process ends in order, with a code that systemd restarts on; the next one says so."""

from pathlib import Path

import pytest

from agent.restarting import RESTART
from tests.agent_process import serving
from tests.client import Client
from tests.operator import TOPICS, Device
from tests.waiting import wait_for


@pytest.mark.parametrize("waits", [False, True])
def test_a_restart_by_command(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    waits: bool,  # noqa: FBT001 - whether prompts wait
) -> None:
    count = tmp_path / "fleet/trial.boots"
    count.parent.mkdir()
    monkeypatch.setenv("JETSON_AGENT_FLEET", str(count.parent))
    with serving(tmp_path) as (broker, agent), Client(broker.port, topics=TOPICS) as client:
        client.wait_online()
        device = Device(agent, client)
        if waits:
            assert device.order("d1", command="drain")["state"] == "succeeded"
            for number in range(3):
                client.prompt({"id": f"p{number}", "prompt": "Facts: a dog. Question: is there an animal?"})
        count.write_text("3\n")
        client.publish("command", {"id": "r1", "command": "restart"})
        assert agent.wait() == RESTART
        assert not count.exists(), "an order must not use up the starts of a release on trial"
        assert device.last_word("r1") is None, "it has not succeeded before the next process runs"
        agent.start()
        answer = wait_for(lambda: device.last_word("r1"), 30, "last answer to the restart")
        assert answer["state"] == "succeeded"
        if waits:
            assert all("choices" in client.reply(f"p{number}") for number in range(3))
        assert device.answers("r1")[0]["state"] == "accepted"
