"""How log records look: for journald when it listens, else for a person.

A record is a constant event name and `extra` fields; both forms print them as `event key=value …`.
"""

import json
import logging
import os
from collections.abc import Mapping
from typing import TextIO

_OWN_FIELDS = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"})
"""What a record has without any `extra`."""


def set_up(level: str, environ: Mapping[str, str], stream: TextIO) -> None:
    """Log to `stream`: this package from `level` on, libraries from WARNING on."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JournalFormatter() if _is_journal(stream, environ) else TerminalFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("agent").setLevel(level)


class TerminalFormatter(logging.Formatter):
    """`16:20:05.123 INFO link connected host=broker.local`."""

    default_time_format = "%H:%M:%S"
    default_msec_format = "%s.%03d"

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the traceback below it if there is one."""
        place = record.name.removeprefix("agent.")
        return f"{self.formatTime(record)} {record.levelname:<7} {place} {_text(self, record)}"


class JournalFormatter(logging.Formatter):
    """`<6>connected logger=agent.link host=broker.local`: sd-daemon(3) takes the number as the priority."""

    def format(self, record: logging.LogRecord) -> str:
        """Every line with the priority, as journald makes an entry of each."""
        priority = _priority(record.levelno)
        return "\n".join(f"<{priority}>{line}" for line in _text(self, record).splitlines())


def _text(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    fields = {name: value for name, value in vars(record).items() if name not in _OWN_FIELDS}
    text = " ".join([record.getMessage(), *(f"{name}={_value(value)}" for name, value in fields.items())])
    return f"{text}\n{formatter.formatException(record.exc_info)}" if record.exc_info else text


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    text = str(value)
    needs_quotes = not text or not text.isprintable() or any(character in text for character in ' "=')
    return json.dumps(text, ensure_ascii=False) if needs_quotes else text


def _priority(level: int) -> int:
    """The syslog(3) priority of a level: 3 error, 4 warning, 6 information, 7 debug."""
    if level >= logging.ERROR:
        return 3
    if level >= logging.WARNING:
        return 4
    return 6 if level >= logging.INFO else 7


def _is_journal(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether the stream is the one that systemd connected to the journal (`JOURNAL_STREAM`, systemd.exec(5))."""
    try:
        status = os.fstat(stream.fileno())
    except OSError:  # not a real file: a test's, for one
        return False
    return environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"
