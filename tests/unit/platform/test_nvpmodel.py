"""Power modes that cannot be told."""

from pathlib import Path

import pytest

from agent.platform.nvpmodel import PowerMode, read_power_modes
from agent.platform.readings import Why
from tests.unit.platform.conftest import Build


def test_a_machine_without_nvpmodel_has_no_modes(tmp_path: Path) -> None:
    assert read_power_modes(tmp_path) is None


@pytest.mark.parametrize(
    ("status", "why"), [("fmode:quiet\n", Why.GARBAGE), ("pmode:0042\n", Why.IMPLAUSIBLE), (None, Why.GONE)]
)
def test_a_mode_that_cannot_be_told(status: str | None, why: Why, build: Build) -> None:
    tree = build("orin-nano-super")
    file = tree.root / "var/lib/nvpmodel/status"
    file.unlink()
    if status is not None:
        file.write_text(status)
    modes = read_power_modes(tree.root)
    assert modes is not None
    assert modes.current.why is why


def test_gaps_between_the_numbers_and_comments(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/nvpmodel.conf").write_text(
        "# < POWER_MODEL ID=7 NAME=OLD >\n<POWER_MODEL ID=2 NAME=A>\n < POWER_MODEL  ID=5  NAME=B >\n"
    )
    modes = read_power_modes(tmp_path)
    assert modes is not None
    assert modes.modes == (PowerMode(2, "A"), PowerMode(5, "B"))
    assert modes.default is None
