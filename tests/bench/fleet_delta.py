"""What a changed model costs a device that has the one before: bytes, requests and seconds, by kind of change.

`python -m tests.bench.fleet_delta` with 128 MB of random bytes, or with the first `--size` of a `--model`'s file.
The real store fetches from a real server on this machine; bytes are all that it sent: contents, and the index.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agent.fleet.blobs import BlobStore
from agent.fleet.similar import make_from_similar
from agent.fleet.web import Web
from tests.fleet.changes import Change, changes
from tests.fleet.contents import put, release_of
from tests.fleet.server import serving

MOST = 0.10
"""Of its size a model may cost of which 5 % changed in some places."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one update.

    Attributes:
        share: Bytes that were sent, of the model's size.
        requests: All.
        index_s: What the operator's machine took to make the index.
        device_s: What the device took for everything.
    """

    share: float
    requests: int
    index_s: float
    device_s: float


def measure(old: bytes, change: Change, folder: Path) -> Cost:
    """Bring the old model to a device, then the new one; the cost is the second's."""
    with serving(folder / "server") as server, Web() as web:
        lock = put(server.folder, b"lock")
        before = release_of(lock, put(server.folder, old, indexed=True))
        began = time.perf_counter()
        after = release_of(lock, put(server.folder, change.new, indexed=True))
        indexed = time.perf_counter()
        store = BlobStore(folder / "blobs", [server.url], web, None, make=make_from_similar)
        store.fetch(before, progress=lambda _: None, is_stopped=lambda: False)
        sent, requests = server.counts.sent.total(), server.counts.requests.total()
        fetching = time.perf_counter()
        store.fetch(after, progress=lambda _: None, is_stopped=lambda: False)
        fetched = time.perf_counter()
        sent, requests = server.counts.sent.total() - sent, server.counts.requests.total() - requests
    if store.path(after.models[0].files[0].blob.digest).read_bytes() != change.new:
        raise AssertionError(f"{change.name}: not what was published")
    return Cost(sent / len(change.new), requests, indexed - began, fetched - fetching)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 where a bound was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="a file with weights")
    parser.add_argument("--size", type=int, default=128_000_000, help="bytes")
    options = parser.parse_args(arguments)
    old = np.random.default_rng(1).bytes(options.size)
    if options.model is not None:
        with options.model.open("rb") as model:
            old = model.read(options.size)
    print(f"{len(old):,} bytes of {options.model.name if options.model else 'random bytes'}")
    print(f"{'what changed':44}{'changed':>9}{'fetched':>9}{'requests':>10}{'index s':>9}{'device s':>10}")
    missed = 0
    for change in changes(old):
        with tempfile.TemporaryDirectory(prefix="jetson-agent-bench-") as folder:
            (Path(folder) / "server").mkdir()
            cost = measure(old, change, Path(folder))
        print(
            f"{change.name:44}{change.share:9.3%}{cost.share:9.2%}{cost.requests:10}{cost.index_s:9.2f}"
            f"{cost.device_s:10.2f}",
            flush=True,
        )
        missed += "region" in change.name and not change.name.startswith("5% in 500") and cost.share > MOST
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
