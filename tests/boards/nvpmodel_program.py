"""A stand-in for the program `nvpmodel`, run as a program. It works on a board's tree.

From NVIDIA's developer guides and published output: the options, the two lines of `-q`, the warning about the fan, the
question and its wording. Unverified: the wording of errors, and what is said when the question is answered with no.

How it behaves besides (`--behaviour`): `well`; `silent` keeps the old mode and says nothing; `hangs` for ever, deaf to
SIGTERM, with a child that holds its output open; `asks` whatever the mode is; `fails`.
"""

import argparse
import os
import re
import signal
import sys
import time
from pathlib import Path

_SECTION = re.compile(r"<\s*POWER_MODEL\s+ID=(\d+)\s+NAME=(\S+)\s*>([^<]*)")


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--behaviour", default="well")
    parser.add_argument("-q", action="store_true")
    parser.add_argument("-m", type=int)
    arguments = parser.parse_args()
    with (arguments.root / "calls").open("a") as calls:
        calls.write(f"{arguments.m}\n")
    print("NVPM WARN: fan mode is not set!")
    sections = {int(number): (name, rest) for number, name, rest in _SECTION.findall(_read(arguments.root))}
    status = arguments.root / "var/lib/nvpmodel/status"
    current = int(status.read_text().strip().removeprefix("pmode:"))
    if arguments.q:
        print(f"NV Power Mode: {sections[current][0]}\n{current}")
        return 0
    match arguments.behaviour:
        case "silent":
            return 0
        case "fails":
            print("NVPM ERROR: failed to write PARAM GPU: ARG MAX_FREQ")
            return 255
        case "hangs":
            _hang(arguments.root)
    if arguments.m not in sections:
        print(f"NVPM ERROR: no power mode {arguments.m}")
        return 255
    if arguments.behaviour == "asks" or _boot(sections[arguments.m][1]) != _boot(sections[current][1]):
        print(f"NVPM WARN: Reboot required for changing to this power mode: {arguments.m}")
        print("NVPM WARN: DO YOU WANT TO REBOOT NOW? enter YES/yes to confirm: ", end="", flush=True)
        answer = sys.stdin.readline()
        if not answer:
            _hang(arguments.root)
        if answer.strip() not in ("YES", "yes"):
            return 0
        (arguments.root / "rebooted").touch()
    status.write_text(f"pmode:{arguments.m:04}\n")
    return 0


def _read(root: Path) -> str:
    return (root / "etc/nvpmodel.conf").read_text()


def _boot(settings: str) -> set[str]:
    return {line for line in settings.splitlines() if line.startswith("CPU_ONLINE") or "_POWER_GATING" in line}


def _hang(root: Path) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.stdout.flush()
    child = os.fork()
    if child:
        (root / "hung").write_text(f"{os.getpid()} {child}")
    while True:
        time.sleep(60)


if __name__ == "__main__":
    sys.exit(main())
