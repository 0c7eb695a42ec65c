"""Which rails make up the power of the whole machine. Pure.

1. A rail that measures the board's input is the total: what the other rails measure is part of it.
2. A board without one: the sum of its rails. AGX Orin: `VIN_SYS_5V0` may count `VDDQ_VDD2_1V8AO` a second time
   (unverified; the sum then errs upwards, which keeps a budget).
3. No board meters: processor packages, their memory and NVIDIA cards. Intel's Software Developer's Manual (volume 3,
   "RAPL domains") has the cores and the graphics inside the package, and memory outside of it. `psys` is left out: what
   it covers is the board maker's choice.

A rail that is known to have an input rail beside it is never summed up without it: that would be a part taken for all.
"""

from collections.abc import Sequence

from agent.platform.readings import Origin, Rail, Total

INPUTS = ("VDD_IN", "POM_5V_IN", "VIN")

_PARTS_OF = {
    "VDD_CPU_GPU_CV": "VDD_IN",
    "VDD_SOC": "VDD_IN",
    "VDD_CPU_SOC_MSS": "VIN",
    "POM_5V_GPU": "POM_5V_IN",
    "POM_5V_CPU": "POM_5V_IN",
}
"""Rails that only exist on boards with an input rail."""
_SETS = (
    frozenset({"VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"}),  # AGX Orin
    frozenset({"GPU", "CPU", "SOC", "CV", "VDDRQ", "SYS5V"}),  # AGX Xavier
)
"""Rails that belong together: a sum that lacks one is not the total."""


def choose_total(rails: Sequence[Rail]) -> Total:
    """Choose among the rails that were found and may be read."""
    board = [rail for rail in rails if rail.origin is Origin.BOARD]
    if board:
        return _of_board(board)
    parts = tuple(rail for rail in rails if rail.origin is Origin.NVML or _is_package_or_memory(rail))
    if not parts:
        return Total((), "nothing here measures power")
    return Total(parts, "sum of processors, their memory and NVIDIA cards; not the rest of the machine")


def _of_board(board: Sequence[Rail]) -> Total:
    for rail in board:
        if rail.name in INPUTS:
            return Total((rail,), f"{rail.name} measures the input")
    lacking = _lacking({rail.name for rail in board})
    if lacking:
        return Total((), f"{', '.join(sorted(lacking))} is missing, and the other rails are only a part")
    return Total(tuple(board), f"sum of {len(board)} rails: this board does not measure its input")


def _lacking(names: set[str]) -> set[str]:
    """What a board with rails of these names must have too."""
    inputs = {_PARTS_OF[name] for name in names if name in _PARTS_OF}
    if inputs:
        return inputs
    return next((set(belong - names) for belong in _SETS if names & belong), set())


def _is_package_or_memory(rail: Rail) -> bool:
    domain = rail.name.rpartition("/")[2]
    return rail.origin is Origin.RAPL and (domain.startswith("package-") or domain == "dram")
