"""The runs of this machine: a file each in `<state_dir>/bench`, never changed once it is there."""

from dataclasses import dataclass
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
        if file.exists() and not file.is_file():  # a pipe could be read for ever
            raise StopError(f"{file} is no file")
        document = _DOCUMENT.validate_json(file.read_bytes(), strict=True)
    except OSError as error:
        raise StopError(f"{file}: {error.strerror}") from error
    except ValidationError as error:
        raise StopError(f"{file} is not a run that bench has written: {error.errors()[0]['msg']}") from error
    strange = {each.subject for each in document.figures} - {subject.label for subject in document.subjects}
    if strange:
        raise StopError(
            f"{file} is not a run that bench has written: it has figures of {min(strange)}, which did not run"
        )
    return document


@dataclass(frozen=True, slots=True)
class Runs:
    """What the history has.

    Attributes:
        documents: The oldest first.
        unreadable: Why files among them are left out.
    """

    documents: tuple[Document, ...]
    unreadable: tuple[str, ...] = ()


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

    def last(self, count: int) -> Runs:
        """The latest runs; a file that is none, or damaged, takes no run's place.

        Raises:
            StopError: The folder cannot be read.
        """
        documents: list[Document] = []
        unreadable: list[str] = []
        for file in self._latest_first():
            try:
                documents.append(read(file))
            except StopError as error:
                unreadable.append(str(error))
            if len(documents) == count:
                break
        return Runs(tuple(reversed(documents)), tuple(unreadable))

    def _latest_first(self) -> list[Path]:
        try:
            files = [file for file in self.folder.iterdir() if file.suffix == ".json"]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StopError(f"{self.folder}: {error.strerror}: run it as the user whose runs they are") from error
        return sorted(files, key=_age, reverse=True)


def _age(file: Path) -> tuple[str, int, str]:
    """Sorts by when it ran: of one second `…Z`, `…Z+1`, …, `…Z+10`."""
    second, _, more = file.stem.partition("+")
    return second, len(more), more
