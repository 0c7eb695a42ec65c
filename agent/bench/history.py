"""The runs of this machine: a file each in `<state_dir>/bench`, never changed once it is there."""

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from agent.bench.measured import Document
from agent.durable_file import write_durably
from agent.errors import StopError

_DOCUMENT = TypeAdapter(Document)


def as_json(document: Document) -> bytes:
    """What `--json` writes."""
    return _DOCUMENT.dump_json(document, indent=1) + b"\n"


def read(file: Path) -> Document:
    """A document from its file.

    Raises:
        StopError: It cannot be read, or is none.
    """
    try:
        return _DOCUMENT.validate_json(file.read_bytes(), strict=True)
    except OSError as error:
        raise StopError(f"{file}: {error.strerror}") from error
    except ValidationError as error:
        raise StopError(f"{file} is not a run that bench has written: {error.errors()[0]['msg']}") from error


class History:
    """The folder of the runs.

    Args:
        state_dir: As configured.
    """

    def __init__(self, state_dir: Path) -> None:
        self.folder = state_dir / "bench"

    def add(self, document: Document) -> Path:
        """Keep a run.

        Raises:
            OSError: It cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        name = document.date.replace(":", "-")
        free = (self.folder / f"{name}{more}.json" for more in ("", *(f"+{count}" for count in range(1, 1000))))
        file = next(path for path in free if not path.exists())
        write_durably(file, as_json(document))
        return file

    def last(self, count: int) -> tuple[Document, ...]:
        """The latest runs, the oldest of them first.

        Raises:
            StopError: One cannot be read.
        """
        files = sorted(self.folder.glob("*.json"))
        return tuple(read(file) for file in files[-count:])
