"""Builds a model of a real one's geometry with random weights: `agent.bench.synthetic` with a folder of one's choice.

`python -m tests.bench.random_model --geometry llama-3.2-1b --out DIR`; `jetson-agent bench --synthetic llama-3.2-1b`
builds the same into its cache.
"""

import argparse
from pathlib import Path

from agent.bench.synthetic import GEOMETRIES, make


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--geometry", choices=GEOMETRIES, default="llama-3.2-1b")
    parser.add_argument("--out", type=Path, required=True, help="folder of the new model")
    parser.add_argument("--tokenizer", type=Path, help="folder with tokenizer files; default: the shipped model's")
    parser.add_argument("--execution-provider", choices=("cpu", "cuda"), default="cpu", help="what it will run on")
    arguments = parser.parse_args()
    make(arguments.geometry, arguments.out, arguments.execution_provider, arguments.tokenizer)


if __name__ == "__main__":
    main()
