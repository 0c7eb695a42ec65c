"""Fixtures of the journal's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.journal import Journal
from tests.unit.journal.values import Time, open_journal


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path, time: Time) -> Iterator[Journal]:
    with open_journal(path, time) as opened:
        opened.recover()
        yield opened
