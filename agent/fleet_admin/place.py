"""A fleet's folder on the operator's machine: what is where, and that only one command writes at a time.

```
DIR/repository/   metadata/ targets/ blobs/: this alone is given to a web server
DIR/keys/         private keys; those of root in root/, to be taken away
DIR/root.json     the first root of trust, for the installation of a device
DIR/rollouts/     how far rollouts are
```
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.fleet_admin.errors import FleetError
from agent.fleet_admin.leftovers import clear, leftovers
from agent.fleet_admin.repository import Repository
from agent.units import Seconds

_WAIT = Seconds(30.0)
"""Signing takes seconds; what takes longer does not hold the lock."""
_LOOK = Seconds(0.1)


@dataclass(frozen=True, slots=True)
class Place:
    """A fleet's folder."""

    folder: Path

    @property
    def repository(self) -> Repository:
        """What devices read."""
        return Repository(self.folder / "repository")

    @property
    def keys(self) -> Path:
        """Where private keys are."""
        return self.folder / "keys"

    @property
    def root(self) -> Path:
        """The root of trust that devices are installed with."""
        return self.folder / "root.json"

    @property
    def rollouts(self) -> Path:
        """Where it is written how far rollouts are."""
        return self.folder / "rollouts"

    @contextlib.contextmanager
    def alone(self, wait: Seconds = _WAIT) -> Iterator[None]:
        """Keep other commands from writing meanwhile, and clear what those that were cut off have left.

        Raises:
            FleetError: One of them writes, for long.
        """
        with locked(self.folder / ".lock", wait, f"another command is changing {self.folder}: try again when it ended"):
            # Those of rollouts, which write beside other commands, are cleared by rollouts.
            clear(file for file in leftovers(self.folder) if self.rollouts not in file.parents)
            yield


@contextlib.contextmanager
def locked(file: Path, wait: Seconds, why_not: str) -> Iterator[None]:
    """Hold a lock file. Raises `FleetError`: somebody else does, and for longer than `wait`."""
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise FleetError(f"{file}: cannot be used: {error.strerror}. jetson-agent fleet init makes a fleet") from error
    try:
        until = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= until:
                    raise FleetError(why_not) from error
                time.sleep(_LOOK)
        yield
    finally:
        os.close(descriptor)
