"""How large a frame may be."""

import pytest

from agent.camera.capture.frame_size import check_size
from agent.camera.capture.spec import SourceError


@pytest.mark.parametrize(("width", "height"), [(1, 1), (8192, 4096), (6000, 6000)])
def test_sizes_that_are_taken(width: int, height: int) -> None:
    check_size(width, height)


@pytest.mark.parametrize(("width", "height"), [(0, 1), (1, 0), (8193, 1), (8192, 8192)])
def test_sizes_that_are_not(width: int, height: int) -> None:
    with pytest.raises(SourceError, match="too large"):
        check_size(width, height)
