"""Whether answers from CUDA graphs are the answers without: on a card, where neither pytest nor pydantic is.

    python -m tests.device.graph_check --model DIR

`DIR` is a model for onnxruntime-genai and CUDA that is not paged. The library's generators run it as the agent uses
them: going back, taking turns, given up midway. A line for each check; the exit code is 1 where one failed. Answers
that part mean something only where the first check passes: that the model without graphs answers twice alike.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from tests.device.cells import restart_with_cuda_libraries
from tests.device.graph_generators import Generators


class Checks:
    """Runs them one after another, and goes on where one fails."""

    def __init__(self) -> None:
        self.failed = 0

    def run(self, name: str, check: Callable[[], str]) -> None:
        """One: it says what is wrong, or nothing."""
        try:
            wrong = check()
        except Exception as error:  # noqa: BLE001 - whatever a card does
            wrong = f"{type(error).__name__}: {error}"
        self.failed += bool(wrong)
        print(f"{'FAIL' if wrong else 'PASS'} {name}{': ' if wrong else ''}{wrong}", flush=True)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="folder of the model")
    folder = parser.parse_args().model.resolve()
    restart_with_cuda_libraries("tests.device.graph_check")
    checks = Checks()
    generators = Generators(folder)
    checks.run("without graphs, greedy answers are the same each time", generators.repeated)
    checks.run("greedy answers are the same with graphs and without", generators.greedy)
    checks.run("steps were timed", generators.speed)
    checks.run("sampled answers of one seed are", generators.sampled)
    checks.run("prompts read in parts are answered the same with graphs and without", generators.in_parts)
    checks.run("going back and reading on changes no answer", generators.going_back)
    checks.run("generators that take turns, and then go back, change no answer", generators.taking_turns)
    checks.run("one that is given up midway changes no other's answer", generators.given_up)
    checks.run("generators give their graphs back", generators.no_leak)
    print("all passed" if not checks.failed else f"{checks.failed} failed")
    return int(bool(checks.failed))


if __name__ == "__main__":
    sys.exit(main())
