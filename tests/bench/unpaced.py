"""How well a budget is kept with an engine that generates by itself (`Capabilities.paced`): only requests can wait.

`python -m tests.bench.unpaced` takes minutes. The board is simulated, and so is what the engine does; the loop that
puts requests off, and the governor, are the real ones. Columns as in `tests.bench.governor`.
"""

import tempfile
from pathlib import Path

from tests.bench.governor import SHARES, steady, uncapped_w
from tests.plant.rig import Load, Rig

BOARD = "orin-nx"
LOADS = (Load(answer_tokens=50), Load(answer_tokens=200), Load(answer_tokens=200, at_once=2))
_UNTIL = 120.0


def main() -> None:
    """Print the table."""
    print("| budget, of uncapped | answer | at once | mean | worst 10 s | above +5 % | duty |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        full_w = uncapped_w(BOARD, Path(folder))
        for share in SHARES:
            for load in LOADS:
                own = Path(folder) / f"{share}-{load.answer_tokens}-{load.at_once}"
                rig = Rig(BOARD, own, budget=share * full_w, max_batch=2, load=load)
                rig.engine.paced = False
                seen = steady(rig, share * full_w, _UNTIL)
                print(
                    f"| {share:.0%} | {load.answer_tokens} | {load.at_once} | {seen.mean:.3f} | {seen.worst - 1:+.1%} "
                    f"| {seen.above_s:.1f} s | {seen.duty:.2f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
