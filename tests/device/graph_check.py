"""Whether answers from CUDA graphs are the answers without: on a card, where neither pytest nor pydantic is.

    python -m tests.device.graph_check --model DIR

`DIR` is a model for onnxruntime-genai and CUDA. One that is not paged is run by generators as the agent has them (going
back, taking turns, given up midway) and then by the agent's engine; a paged one by the agent's engine alone, with one
request and with four at once. Prints a line for each check; the exit code is 1 where one failed. On a model for the
processor there are no graphs, and the checks check themselves.
"""

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.device.cells import restart_with_cuda_libraries
from tests.device.graph_engines import Engines
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
    is_paged = "dynamic_batching" in json.loads((folder / "genai_config.json").read_bytes()).get("engine", {})
    if not is_paged:
        plain = Generators(folder)
        checks.run("greedy answers are the same with graphs and without", plain.greedy)
        checks.run("steps were timed", plain.speed)
        checks.run("sampled answers of one seed are", plain.sampled)
        checks.run("prompts read in parts are answered the same with graphs and without", plain.in_parts)
        checks.run("going back and reading on changes no answer", plain.going_back)
        checks.run("generators that take turns, and then go back, change no answer", plain.taking_turns)
        checks.run("one that is given up midway changes no other's answer", plain.given_up)
        checks.run("the loader finds that graphs can be used", plain.as_the_loader_does)
        checks.run("generators give their graphs back", plain.no_leak)
        del plain
    for at_once in (1, 4) if is_paged else (1,):
        with closing(Engines(folder, at_once)) as engines:
            checks.run(f"engine, {at_once} at once: it loads with graphs", engines.load)
            checks.run(f"engine, {at_once} at once: answers are the same with graphs and without", engines.same)
            checks.run(f"engine, {at_once} at once: what is kept changes no answer", engines.kept)
            checks.run(f"engine, {at_once} at once: a cancelled request changes no answer", engines.cancelled)
            checks.run(f"engine, {at_once} at once: schemas are followed alike", engines.guided)
    print("all passed" if not checks.failed else f"{checks.failed} failed")
    return int(bool(checks.failed))


if __name__ == "__main__":
    sys.exit(main())
