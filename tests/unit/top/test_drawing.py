"""Numbers in words, bars and sparklines."""

import pytest

from agent.top.drawing import ago, bar, joules, short, sparkline


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.9, "0 s"), (59.4, "59 s"), (60, "1 min 0 s"), (3600, "1 h 0 min"), (90_000, "1 d 1 h"), (200_000, "2 d 7 h")],
)
def test_durations(seconds: float, words: str) -> None:
    assert ago(seconds) == words


@pytest.mark.parametrize(
    ("value", "words"), [(0.042, "0.04 J"), (5.94, "5.9 J"), (1234, "1.23 kJ"), (7.2e6, "2.00 kWh")]
)
def test_energies(value: float, words: str) -> None:
    assert joules(value) == words


def test_times() -> None:
    assert (short(0.0954), short(1.25)) == ("95 ms", "1.2 s")


@pytest.mark.parametrize(("share", "drawn"), [(0, "░░░░"), (0.5, "██░░"), (1, "████"), (7, "████"), (-1, "░░░░")])
def test_bars(share: float, drawn: str) -> None:
    assert bar(share, 4).plain == drawn


def test_sparklines() -> None:
    assert sparkline([1, 2, None, 4, 8], 10, None).plain == "▂▃ ▅█"
    assert sparkline([1, 2, 4], 2, 8.0).plain == "▃▅"
    assert sparkline([0, 0], 4, None).plain == "  "
    assert sparkline([1.0], 0, None).plain == ""
    assert [str(span.style) for span in sparkline([8, 7.5, 4], 4, 7.9).spans] == ["bold red", "yellow", "green"]
