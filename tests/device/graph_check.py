"""What CUDA graphs leave behind, and whether they change an answer: on a card, where neither pytest nor pydantic is.

    python -m tests.device.graph_check --model DIR --paged DIR

`--model` is one for onnxruntime-genai and CUDA that is not paged, `--paged` one that is. The library's generators run
the first as the agent uses them: going back, taking turns, given up midway. A line for each check; the exit code is 1
where one failed. Answers are compared only where the model without graphs gives the same ones each time: where it does
not, they say nothing of graphs.
"""

import argparse
import gc
import sys
from collections.abc import Callable
from pathlib import Path

from tests.device import graph_leaks
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


def check_answers(checks: Checks, folder: Path) -> None:
    """That graphs change none, where that can be told."""
    generators = Generators(folder)
    checks.run("steps were timed", generators.speed)
    if differs := generators.repeated():
        print(f"SKIP the model answers differently each time, also without graphs: {differs}", flush=True)
        return
    checks.run("greedy answers are the same with graphs and without", generators.greedy)
    checks.run("sampled answers of one seed are", generators.sampled)
    checks.run("prompts read in parts are answered the same with graphs and without", generators.in_parts)
    checks.run("going back and reading on changes no answer", generators.going_back)
    checks.run("generators that take turns, and then go back, change no answer", generators.taking_turns)
    checks.run("one that is given up midway changes no other's answer", generators.given_up)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="folder of the model")
    parser.add_argument("--paged", type=Path, help="folder of one that is paged")
    arguments = parser.parse_args()
    restart_with_cuda_libraries("tests.device.graph_check")
    checks, folder = Checks(), arguments.model.resolve()
    check_answers(checks, folder)
    gc.collect()
    checks.run("a new generator leaves little behind", lambda: graph_leaks.new_generators(folder))
    checks.run("one that generates one token leaves nothing", lambda: graph_leaks.generators_of_one_token(folder))
    checks.run("those that are used again leave nothing", lambda: graph_leaks.used_again(folder))
    checks.run("what is left behind goes with the model", lambda: graph_leaks.loaded_anew(folder))
    if arguments.paged is not None:
        paged = arguments.paged.resolve()
        checks.run("a paged model leaves nothing", lambda: graph_leaks.paged(paged))
    print("all passed" if not checks.failed else f"{checks.failed} failed")
    return int(bool(checks.failed))


if __name__ == "__main__":
    sys.exit(main())
