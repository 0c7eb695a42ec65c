"""How well a budget is kept with an engine that generates by itself (`Capabilities.paced`): only requests can wait.

`python -m tests.bench.unpaced` takes minutes. The board is simulated, and so is what the engine does; the loop that
puts requests off, and the governor, are the real ones. Columns as in `tests.bench.governor`; what is kept is the mean
(at most +3 %), or the exit code is 1.
"""

import sys
import tempfile
from pathlib import Path

from tests.bench.governor import SHARES, steady, uncapped_w
from tests.plant.rig import Load, Rig

BOARD = "orin-nx"
LOADS = (Load(answer_tokens=50), Load(answer_tokens=200), Load(answer_tokens=200, at_once=2))
_UNTIL = 120.0
_ALLOWED = 1.03


def main() -> int:
    """Print the table."""
    kept = True
    print("| budget, of uncapped | answer | at once | mean | worst 10 s | above +5 % | duty | kept |")
    print("| --- " * 8 + "|")
    with tempfile.TemporaryDirectory() as folder:
        full_w = uncapped_w(BOARD, Path(folder))
        for share in SHARES:
            for load in LOADS:
                own = Path(folder) / f"{share}-{load.answer_tokens}-{load.at_once}"
                rig = Rig(BOARD, own, budget=share * full_w, max_batch=2, load=load)
                rig.engine.paced = False
                seen = steady(rig, share * full_w, _UNTIL)
                is_kept = seen.mean <= _ALLOWED
                kept = kept and is_kept
                print(
                    f"| {share:.0%} | {load.answer_tokens} | {load.at_once} | {seen.mean:.3f} | {seen.worst - 1:+.1%} "
                    f"| {seen.above_s:.1f} s | {seen.duty:.2f} | {'yes' if is_kept else 'NO'} |",
                    flush=True,
                )
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
