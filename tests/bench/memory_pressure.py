"""An agent in a control group of 2 GiB: what is refused, what runs, what happens when others eat the memory.

`python -m tests.bench.memory_pressure --models DIR` needs root, a memory controller, and in DIR the models
`llama-3.2-1b` and `llama-3.2-3b` of `tests.bench.random_model`.
"""

import argparse
import sys
from pathlib import Path

from tests.memory_group import memory_group, unavailable
from tests.memory_scenarios import killed, refused, runs, squeezed

_LIMIT = 2 << 30
_SMALL, _LARGE = "llama-3.2-1b", "llama-3.2-3b"


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, required=True)
    models = {"models_dir": str(parser.parse_args().models.resolve())}
    if (why := unavailable()) is not None:
        print(why)
        return 1
    small = {"model": {"name": _SMALL}, **models, "memory": {"reserve": "256MiB"}}
    with memory_group(_LIMIT) as group:
        print(f"{_LARGE} in 2 GiB: {refused(group, model={'name': _LARGE}, **models)}")
    with memory_group(_LIMIT) as group:
        print(
            f"{_LARGE} with {_SMALL} as fallback: {runs(group, model={'name': _LARGE, 'fallback': _SMALL}, **models)}"
        )
    with memory_group(_LIMIT) as group:
        print(f"{_SMALL} in 2 GiB: {runs(group, model={'name': _SMALL}, **models)}")
    with memory_group(_LIMIT) as group:
        print(f"{_SMALL}, others eat all but 100 MiB: {squeezed(group, 100 << 20, **small)}")
    with memory_group(_LIMIT) as group:
        print(f"{_SMALL}, others eat it at once: {killed(group, **small)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
