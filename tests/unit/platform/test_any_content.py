"""Whatever stands in a file: there is an answer, and no exception."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.platform.identity import identify
from agent.platform.nvpmodel import read_power_modes
from agent.platform.readings import Reading
from agent.platform.sensors import Sensors
from tests.boards import BOARDS, BoardTree

CONTENTS = st.one_of(
    st.binary(max_size=64),
    st.integers().map(lambda number: f"{number}\n".encode()),
    st.sampled_from([b"9" * 5000, "\u0663 kB".encode(), b"total " + b"9" * 5000 + b"K\n", b"pmode:" + b"9" * 5000]),
)


@pytest.fixture(scope="module", params=BOARDS)
def files(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, list[Path]]]:
    """A board's root, and every file in it."""
    root = tmp_path_factory.mktemp(request.param)
    with BoardTree(root, BOARDS[request.param]):
        yield root, sorted(path for path in root.rglob("*") if path.is_file())


@given(st.data())
def test_any_content_of_any_file(files: tuple[Path, list[Path]], data: st.DataObject) -> None:
    root, paths = files
    path = data.draw(st.sampled_from(paths))
    before = path.read_bytes()
    sensors = Sensors(root)
    path.write_bytes(data.draw(CONTENTS))
    try:
        for source in (sensors, Sensors(root)):
            readings = source.read()
            values: list[Reading[float]] = [
                readings.power.total,
                *(rail.power for rail in readings.power.rails),
                *(zone.temperature for zone in readings.device.zones),
            ]
            assert all((value.value is None) != (value.why is None) for value in values)
        identify(root)
        read_power_modes(root)
    finally:
        path.write_bytes(before)
