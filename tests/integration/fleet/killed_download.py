"""A download in a process of its own, which is killed amid it as by a power cut."""

import multiprocessing
import os
import signal
from pathlib import Path

from agent.fleet.blobs import BlobStore
from agent.fleet.values import Release
from agent.fleet.web import Web
from agent.units import Bytes


def killed_download(folder: Path, place: str, release: Release, after: int) -> None:
    """Download into a folder, and be killed after so many bytes; returns when the process has ended.

    Raises:
        AssertionError: It ended in another way.
    """
    context = multiprocessing.get_context("forkserver")  # imports once, and has no threads
    context.set_forkserver_preload([__name__])
    process = context.Process(target=_download, args=(folder, place, release, after))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def _download(folder: Path, place: str, release: Release, after: int) -> None:
    come = 0

    def advance(size: Bytes) -> None:
        nonlocal come
        come += size
        if come >= after:
            os.kill(os.getpid(), signal.SIGKILL)

    with Web() as web:
        BlobStore(folder, [place], web, None).fetch(release, progress=advance, is_stopped=lambda: False)
