"""What python-tuf raises, as the errors of the fleet."""

import contextlib
import errno
from collections.abc import Iterator

from tuf.api.exceptions import (
    BadVersionNumberError,
    DownloadError,
    DownloadLengthMismatchError,
    ExpiredMetadataError,
    LengthOrHashMismatchError,
    RepositoryError,
    SlowRetrievalError,
    UnsignedMetadataError,
)

from agent.fleet.ports import DistrustError, NoRoomError, UnreachableError
from agent.fleet.values import Distrust

_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_KINDS: tuple[tuple[type[Exception], Distrust], ...] = (
    (ExpiredMetadataError, Distrust.EXPIRED),
    (BadVersionNumberError, Distrust.ROLLED_BACK),
    (UnsignedMetadataError, Distrust.UNSIGNED),
    (LengthOrHashMismatchError, Distrust.WRONG_CONTENT),
    (DownloadLengthMismatchError, Distrust.TOO_LARGE),
    (SlowRetrievalError, Distrust.TOO_SLOW),
    (RepositoryError, Distrust.MALFORMED),  # the root of the others: no JSON, another role's document, a role left out
)


@contextlib.contextmanager
def distrusting(place: str, clock: str) -> Iterator[None]:
    """Translate what is raised within.

    Args:
        place: Whose metadata it is.
        clock: What the time is taken to be, for the message.

    Raises:
        DistrustError: What the place gives is not accepted.
        UnreachableError: It does not give it.
        NoRoomError: The disk is full.
    """
    try:
        yield
    except (RepositoryError, DownloadError) as error:
        for raised, kind in _KINDS:
            if isinstance(error, raised):
                told = f"{place}: {error}; {clock}" if kind is Distrust.EXPIRED else f"{place}: {error}"
                raise DistrustError(kind, told) from error
        raise UnreachableError(str(error)) from error
    except OSError as error:
        if error.errno in _DISK_FULL:
            raise NoRoomError(f"{error.filename or 'the disk'}: no room for the fleet's metadata") from error
        raise
