"""When a server that could not be used is asked again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.engine.retries import MOST_TRIES, pause, read_retry_after
from agent.units import Seconds, UnixSeconds

NOW = UnixSeconds(1_790_000_000.0)  # Mon, 21 Sep 2026 14:13:20 GMT


@pytest.mark.parametrize(
    ("failures", "retry_after", "time_left", "waits", "expected"),
    [
        (1, None, None, False, 0.5),
        (2, None, None, False, 1.0),
        (MOST_TRIES, None, None, False, None),
        (1, 5.0, None, False, 5.0),
        (1, 11.0, None, False, None),
        (1, None, 0.4, False, None),
        (1, None, 0.6, False, 0.5),
        (1, None, -1.0, False, None),
        (MOST_TRIES, None, None, True, 2.0),
        (1000, None, None, True, 30.0),
        (1, 100.0, None, True, 100.0),
        (1, None, 0.1, True, 0.5),
    ],
)
def test_pause(
    failures: int, retry_after: float | None, time_left: float | None, *, waits: bool, expected: float | None
) -> None:
    wait = pause(
        failures,
        retry_after=None if retry_after is None else Seconds(retry_after),
        time_left=None if time_left is None else Seconds(time_left),
        waits=waits,
        jitter=lambda: 1.0,
    )
    assert wait == expected


@given(failures=st.integers(1, 10**9), jitter=st.floats(0, 1))
def test_who_waits_is_never_given_up_and_always_pauses(failures: int, jitter: float) -> None:
    wait = pause(failures, retry_after=None, time_left=None, waits=True, jitter=lambda: jitter)
    assert wait is not None
    assert 0.25 <= wait <= 30.0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("0", 0.0),
        (" 120 ", 120.0),
        ("86400", 3600.0),
        ("9" * 400, 3600.0),
        ("9" * 5000, 3600.0),
        ("-1", None),
        ("soon", None),
        ("\u0661", None),
        ("Mon, 21 Sep 2026 14:13:30 GMT", 10.0),
        ("Mon, 21 Sep 2026 14:13:30", 10.0),
        ("Mon, 21 Sep 2026 14:13:10 GMT", 0.0),
        ("Mon, 99 Sep 2026 14:13:10 GMT", None),
        ("Mon, 21 Sep 2030 14:13:30 GMT", 3600.0),
        (f"Mon, 21 Sep {'9' * 20} 14:13:30 GMT", None),
        (f"Mon, 21 Sep 2026 14:13:30 +{'9' * 20}", None),
    ],
)
def test_retry_after(value: str | None, expected: float | None) -> None:
    assert read_retry_after(value, NOW) == expected


@given(st.text(st.sampled_from("0123456789,:+-. MonSepGT"), max_size=40) | st.text())
def test_whatever_a_server_says_is_some_time_or_none(value: str) -> None:
    wait = read_retry_after(value, NOW)
    assert wait is None or 0.0 <= wait <= 3600.0
