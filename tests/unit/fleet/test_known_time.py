"""What a device knows of the time: never less than before, and not spoilt by a clock that was wrong once."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.fleet.known_time import KnownTime
from agent.units import UnixSeconds

times = st.floats(0, 4e9).map(UnixSeconds)
DAY = 86400.0


def test_nothing_is_known_at_first(tmp_path: Path) -> None:
    assert KnownTime(tmp_path / "known-time").newest() == 0.0


@pytest.mark.parametrize("content", [b"", b"soon", b"nan", b"-5", b"1e300", b"\xff"])
def test_a_damaged_file_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "known-time").write_bytes(content)
    assert KnownTime(tmp_path / "known-time").newest() == 0.0


def test_it_is_remembered_to_the_second(tmp_path: Path) -> None:
    KnownTime(tmp_path / "known-time").learn(UnixSeconds(1000.6), UnixSeconds(2000.0))
    assert (tmp_path / "known-time").read_bytes() == b"1001\n"
    assert KnownTime(tmp_path / "known-time").newest() == 1001.0


@settings(max_examples=25, deadline=None)  # each writes durably
@given(st.lists(st.tuples(times, times), max_size=8), times)
def test_it_never_goes_back_and_never_beyond_what_was_signed(
    learnt: list[tuple[UnixSeconds, UnixSeconds]], wall: UnixSeconds
) -> None:
    with TemporaryDirectory() as folder:
        known, before = KnownTime(Path(folder) / "known-time"), 0.0
        for clock, end in learnt:
            known.learn(clock, end)
            assert before <= known.newest() <= max(before, end + 0.5)
            before = known.newest()
        assert known.reference(wall).timestamp() == pytest.approx(max(wall, before), abs=1e-3)


@settings(max_examples=25, deadline=None)  # each writes durably
@given(times.filter(lambda time: time > 1e9), st.floats(0, 4e9))
def test_a_clock_that_was_wrong_once_ends_nothing(now: UnixSeconds, ahead: float) -> None:
    """Each timestamp ends a week after it was signed: the next one is accepted, however wrong the clock was before."""
    with TemporaryDirectory() as folder:
        known = KnownTime(Path(folder) / "known-time")
        known.learn(UnixSeconds(now + ahead), UnixSeconds(now + 7 * DAY))
        assert known.reference(UnixSeconds(now + DAY)).timestamp() < now + 8 * DAY


def test_what_was_seen_expired_stays_so(tmp_path: Path) -> None:
    known = KnownTime(tmp_path / "known-time")
    known.learn(UnixSeconds(9000.0), UnixSeconds(5000.0))
    assert known.reference(UnixSeconds(0.0)).timestamp() >= 5000.0


@pytest.mark.parametrize("wall", [-1e9, 0.0, 1e15])
def test_any_clock_can_be_told(tmp_path: Path, wall: float) -> None:
    known = KnownTime(tmp_path / "known-time")
    assert "the clock says" in known.told(UnixSeconds(wall))
    known.reference(UnixSeconds(wall))
