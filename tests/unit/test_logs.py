"""How log records look to journald and to a person."""

import io
import logging
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent import logs


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    """A logger of the package; afterwards logging is as it was."""
    root, package = logging.getLogger(), logging.getLogger("agent")
    before = root.handlers[:], root.level, package.level
    yield logging.getLogger("agent.part")
    root.handlers[:], root.level, package.level = before


def test_a_person_sees_time_level_place_event_and_fields(log: logging.Logger) -> None:
    stream = io.StringIO()
    logs.set_up("INFO", {}, stream)
    log.info("connected", extra={"host": "broker.local", "seconds": 0.123456789, "why": 'a "b"\n', "empty": ""})
    line = stream.getvalue()
    assert re.fullmatch(
        r"\d\d:\d\d:\d\d\.\d{3} INFO    part connected host=broker\.local seconds=0\.123457"
        r' why="a \\"b\\"\\n" empty=""\n',
        line,
    )


def test_journald_gets_priorities_and_no_time(tmp_path: Path, log: logging.Logger) -> None:
    with (tmp_path / "journal").open("w") as stream:
        status = os.fstat(stream.fileno())
        logs.set_up("DEBUG", {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}, stream)
        log.debug("a")
        log.info("b", extra={"n": 1})
        log.warning("c")
        log.error("d")
        log.critical("e")
    assert (tmp_path / "journal").read_text() == "<7>a\n<6>b n=1\n<4>c\n<3>d\n<3>e\n"


def test_every_line_of_a_traceback_has_its_priority(log: logging.Logger) -> None:
    record = log.makeRecord("agent.part", logging.ERROR, "", 0, "failed", (), None)
    try:
        int("x")
    except ValueError:
        record.exc_info = sys.exc_info()
    lines = logs.JournalFormatter().format(record).splitlines()
    assert lines[0] == "<3>failed"
    assert lines[-1] == "<3>ValueError: invalid literal for int() with base 10: 'x'"
    assert all(line.startswith("<3>") for line in lines)


def test_another_stream_than_the_journals_is_for_people(tmp_path: Path, log: logging.Logger) -> None:
    with (tmp_path / "elsewhere").open("w") as stream:
        logs.set_up("INFO", {"JOURNAL_STREAM": "1:2"}, stream)
        log.info("a")
    assert "INFO" in (tmp_path / "elsewhere").read_text()


def test_the_level_is_the_packages_and_libraries_only_warn(log: logging.Logger) -> None:
    stream = io.StringIO()
    logs.set_up("DEBUG", {}, stream)
    log.debug("ours")
    logging.getLogger("library").info("theirs")
    logging.getLogger("library").warning("trouble")
    logs.set_up("ERROR", {}, stream)
    log.warning("quiet")
    assert [line.split()[-1] for line in stream.getvalue().splitlines()] == ["ours", "trouble"]
