"""One command at a time, and files that are whole."""

import threading
from pathlib import Path

import pytest

from agent.fleet_admin.errors import FleetError
from agent.fleet_admin.place import Place
from agent.fleet_admin.roles import channel_of, role_named, role_of_target, shown
from agent.units import Seconds


def test_two_operators_do_not_write_at_once(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with place.alone(), pytest.raises(FleetError, match="another command is changing"), place.alone(Seconds(0.0)):
        pytest.fail("both write")
    with place.alone(Seconds(0.0)):
        assert not place.root.exists()


def test_the_second_waits_for_the_first(tmp_path: Path) -> None:
    place, order = Place(tmp_path), list[str]()
    entered = threading.Event()

    def second() -> None:
        entered.set()
        with place.alone():
            order.append("second")

    with place.alone():
        thread = threading.Thread(target=second)
        thread.start()
        assert entered.wait(10)
        order.append("first")
    thread.join(30)
    assert order == ["first", "second"]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FleetError, match="fleet init makes a fleet"), Place(tmp_path / "none").alone():
        pytest.fail("there is nothing to change")


def test_roles_as_people_name_them() -> None:
    for words in ("root", "releases", "channel:stable", "channel:with-dash"):
        assert shown(role_named(words)) == words
    assert role_of_target("channels/v1.2.json") == "channel-v1.2"
    assert role_of_target("releases/one.json") == "releases"
    assert channel_of("channel-stable") == "stable"
    assert channel_of("groups") is None
