"""A camera that is taken out of the configuration, on a real broker."""

import json
from pathlib import Path

from agent.demo.broker import PrivateBroker
from tests.agent_process import PREFIX, AgentProcess, write_config
from tests.client import Client
from tests.waiting import wait_for

STATE = f"{PREFIX}/camera/gate/state"


def test_nothing_of_it_is_left_at_the_broker_or_on_the_disk(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()  # it gives no frame: there is a state all the same
    gate = {"gate": {"source": str(tmp_path / "pictures")}}
    kept = tmp_path / "state" / "cameras" / "gate"
    with PrivateBroker(tmp_path) as broker:
        with AgentProcess(write_config(tmp_path, broker.port, cameras=gate)):
            with Client(broker.port, name="before", topics=("camera/+/state",)) as client:
                wait_for(lambda: client.messages[STATE], 20, "state")
                assert json.loads(client.messages[STATE][-1])["condition"] == "lost"
            assert kept.is_dir()
        with AgentProcess(write_config(tmp_path, broker.port)):
            wait_for(lambda: not kept.exists(), 20, "end of what was kept")
            with Client(broker.port, name="after", topics=("camera/+/state", "status")) as client:
                client.wait_online()
                assert client.messages[STATE] == []
