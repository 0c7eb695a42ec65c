"""The situations written by hand for edge-tiny: every one can be filled in, and a mistake is told with its place."""

import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).resolve().parents[2] / "models" / "edge-tiny" / "training" / "written.py"


def _checked(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(PROGRAM), "--seed", "1", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_every_situation_that_is_kept_can_be_filled_in() -> None:
    done = _checked("--samples", "0")
    assert done.returncode == 0, done.stdout


def test_a_sample_follows_its_slots(tmp_path: Path) -> None:
    file = tmp_path / "one.txt"
    file.write_text(
        "## silo\n"
        "f: silo <n:#4-4> hatch <h:open|open>, <c:3-3> (men|men)\n"
        "q: is the hatch open? => <if h=open: Yes, silo <n+1> is open.|No.>\n"
        "q: how many? => <c+2> men.\n"
    )
    done = _checked(str(file), "--samples", "30")
    assert done.returncode == 0, done.stdout
    answers = {line.strip() for line in done.stdout.splitlines() if line.strip().startswith("=>")}
    assert answers == {"=> Yes, silo 5 is open.", "=> Five men."}


def test_mistakes_are_told_with_their_place(tmp_path: Path) -> None:
    file = tmp_path / "bad.txt"
    file.write_text('## silo\nf: silo <n:nonsense>\nq: no arrow\nx: a (int) => {"a":<m>}\nq: open => <if n: yes>\n')
    done = _checked(str(file), "--samples", "0")
    assert done.returncode == 1
    for said in ("bad.txt:2: <n:nonsense>", "bad.txt:3: no ' => '", "no slot 'm'", "bad.txt:5: no comparison in 'n'"):
        assert said in done.stdout
