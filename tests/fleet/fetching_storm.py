"""`python -m tests.fleet.fetching_storm`: a content that is fetched by processes that are killed, from bad servers.

Each process is killed with SIGKILL at a random moment, told by what the servers have sent. Meanwhile the first of two
places is throttled, breaks off, goes silent, sends wrong bytes, refuses, and at last is gone for good; the mirror is
throttled only. What is counted is what both sent, against the size of the content.
"""

import argparse
import hashlib
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from agent.fleet.documents import encode_release
from agent.fleet.values import Blob
from tests.fleet.contents import put, release_of
from tests.fleet.server import Faults, StaticServer, serving
from tests.waiting import wait_for

MOST = 1.05
"""Of the content's size may be sent."""
_RATE = 6_000_000
_WAIT_S = 120.0
_GONE_AT = 0.75


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it.

    Attributes:
        whole: Whether the content is there, byte for byte, and nothing else of it.
        size: Of the content.
        sent: By both servers, the index included.
        from_mirror: Of these, by the mirror.
        requests: To both.
        kills: Processes that were killed amid it.
        seconds: Altogether.
    """

    whole: bool
    size: int
    sent: int
    from_mirror: int
    requests: int
    kills: int
    seconds: float


def storm(folder: Path, size: int, kills: int, *, indexed: bool, rate: int = _RATE) -> Result:
    """Fetch a content, killed so often.

    Args:
        folder: An empty one.
        size: Of the content, in bytes.
        kills: How often; each time when about so much more has been sent that the last process has the rest to do.
        indexed: Whether it has an index. Without one wrong bytes cost the whole content, and none are sent.
        rate: Bytes a second that a server sends. What is in the sockets' buffers when a process is killed is lost, and
            at a rate that the process cannot follow that is megabytes.
    """
    files = folder / "server"
    files.mkdir()
    blob = put(files, np.random.default_rng(1).bytes(size), indexed=indexed)
    manifest = folder / "release.json"
    manifest.write_bytes(encode_release(release_of(put(files, b"lock"), blob)))
    moments = random.Random(1)  # noqa: S311 - not for secrets
    began = time.monotonic()
    with ExitStack() as opened:
        servers = [opened.enter_context(serving(files)) for _ in range(2)]
        servers[1].faults = Faults(rate=rate)
        done = 0
        for life in range(kills):
            _spoil(servers[0], life / kills, _spoilt(blob, folder, rate, indexed=indexed))
            done += _killed(_start(folder, manifest, servers), servers, moments.uniform(0.1, 1.7) * size / (kills + 1))
        last = _start(folder, manifest, servers)
        is_over = last.wait(_WAIT_S) == 0
        sent = [server.counts.sent.total() for server in servers]
        requests = sum(server.counts.requests.total() for server in servers)
    whole = is_over and _is_whole(folder / "blobs", blob)
    return Result(whole, size, sum(sent), sent[1], requests, done, time.monotonic() - began)


def _start(folder: Path, manifest: Path, servers: Sequence[StaticServer]) -> subprocess.Popen[bytes]:
    places = [server.url for server in servers]
    return subprocess.Popen([sys.executable, "-m", "tests.fleet.fetching", folder / "blobs", manifest, *places])


def _killed(process: subprocess.Popen[bytes], servers: Sequence[StaticServer], more: float) -> bool:
    """Kill a process when the servers have sent so much more; False: it was done before."""

    def sent() -> int:
        return sum(server.counts.sent.total() for server in servers)

    until = sent() + more
    try:
        wait_for(lambda: sent() >= until or process.poll() is not None, _WAIT_S, "moment to kill it")
    finally:
        process.kill()
        killed = process.wait() < 0
    return killed


def _spoilt(blob: Blob, folder: Path, rate: int, *, indexed: bool) -> list[Faults]:
    """What is wrong with the first place, one after the other."""
    part = folder / "blobs" / f"{blob.digest}.part"
    have = part.stat().st_size if part.exists() else 0
    throttled, some = Faults(only=blob.digest, rate=rate), blob.size // 100
    return [
        throttled,
        replace(throttled, stop_after=some),
        replace(throttled, stall_after=some),
        replace(throttled, flipped_at=have + some) if indexed else throttled,
        replace(throttled, status=503),
    ]


def _spoil(server: StaticServer, progress: float, spoilt: Sequence[Faults]) -> None:
    """Switch to what is wrong at this share of the way; for the last quarter the server is gone."""
    if progress >= _GONE_AT:
        server.die()
    else:
        server.faults = spoilt[int(progress / _GONE_AT * len(spoilt))]


def _is_whole(blobs: Path, blob: Blob) -> bool:
    with (blobs / blob.digest).open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest() == blob.digest and not list(blobs.glob("*.part"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; 1 where a bound was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=210_000_000, help="bytes of the content")
    parser.add_argument("--kills", type=int, default=20)
    options = parser.parse_args(arguments)
    missed = 0
    for indexed in (True, False):
        with tempfile.TemporaryDirectory(prefix="jetson-agent-storm-") as folder:
            result = storm(Path(folder), options.size, options.kills, indexed=indexed)
        print(
            f"{'with an index' if indexed else 'without'}: {'whole' if result.whole else 'NOT WHOLE'} after "
            f"{result.kills} kills in {result.seconds:.0f} s; {result.sent:,} bytes sent of {result.size:,} "
            f"({result.sent / result.size:.2%}), {result.from_mirror:,} by the mirror; {result.requests} requests",
            flush=True,
        )
        missed += not result.whole or result.sent > MOST * result.size
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
