"""Which subscriptions a device had once and has no more, over its starts."""

from pathlib import Path

import pytest

from agent.link.former import former_filters

OWN, POOL, OTHER = "edge/dev/prompt", "$share/hall/edge/hall/prompt", "plant/dev/prompt"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "subscriptions.json"


def test_the_first_start_has_none(file: Path) -> None:
    assert former_filters(file, [OWN, POOL]) == []


def test_what_is_gone_stays_former_until_it_is_wanted_again(file: Path) -> None:
    former_filters(file, [OWN, POOL])
    assert former_filters(file, [OWN]) == [POOL]
    assert former_filters(file, [OTHER]) == [POOL, OWN]
    assert former_filters(file, [OTHER]) == [POOL, OWN], "another broker, or its backup, may still have them"
    assert former_filters(file, [OWN, POOL]) == [OTHER]


def test_the_oldest_are_forgotten(file: Path) -> None:
    for number in range(200):
        former = former_filters(file, [f"{number}"])
    assert former == [f"{number}" for number in range(135, 199)]


@pytest.mark.parametrize("content", [b"", b"[", b"{}", b"[1]", b'[""]', b'["\xff"]'])
def test_a_damaged_file_is_as_good_as_none(file: Path, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    file.write_bytes(content)
    assert former_filters(file, [OWN, POOL]) == []
    assert "subscriptions_not_read" in caplog.messages
    assert former_filters(file, [OWN]) == [POOL]


def test_a_disk_that_does_not_take_it_is_told(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    nowhere = file.parent / "none" / file.name
    assert former_filters(nowhere, [OWN]) == []
    assert "subscriptions_not_remembered" in caplog.messages
    nowhere.parent.mkdir()
    former_filters(nowhere, [OWN])
    assert former_filters(nowhere, [POOL]) == [OWN], "it is tried again at the next connection"


def test_nothing_is_written_while_nothing_changes(file: Path) -> None:
    former_filters(file, [OWN, POOL])
    written = file.stat().st_ino
    former_filters(file, [OWN, POOL])
    assert file.stat().st_ino == written
