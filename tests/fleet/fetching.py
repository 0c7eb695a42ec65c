"""A process that fetches the contents of a release as the agent does: made to be killed.

`python -m tests.fleet.fetching FOLDER RELEASE PLACE...`: RELEASE is a manifest as it is signed, FOLDER has contents.
Ends with 0 when all are there, verified; with 3 and the reason when they could not be had.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from agent.errors import AgentError
from agent.fleet.blobs import BlobStore
from agent.fleet.documents import decode_release
from agent.fleet.least_rate import LeastRate
from agent.fleet.similar import make_from_similar
from agent.fleet.web import Web
from agent.units import Bytes, Seconds

FAILED = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("release", type=Path)
    parser.add_argument("places", nargs="+")
    parser.add_argument("--rate", type=int, help="the most bytes a second")
    parser.add_argument("--silence", type=float, default=1.0, help="seconds for which a place may send nothing")
    options = parser.parse_args(arguments)
    release = decode_release(options.release.read_bytes(), str(options.release))
    with Web(Seconds(options.silence), LeastRate(Bytes(1024), Seconds(5.0))) as web:
        store = BlobStore(options.folder, options.places, web, options.rate, make=make_from_similar)
        try:
            store.fetch(release, progress=lambda _: None, is_stopped=lambda: False)
        except AgentError as error:
            print(f"{type(error).__name__}: {error}")
            return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
