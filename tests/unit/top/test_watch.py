"""What is made of the messages that come."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.top.seen import Seen
from agent.units import Seconds
from tests.boards import BOARDS, BoardTree
from tests.unit.top.values import GOVERNED, received, row, telemetry, text, watching

PARTS = sorted(Seen.model_fields)

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8) | st.just("value"), inner, max_size=4)
    ),
    max_leaves=12,
)


@pytest.fixture
def board(tmp_path: Path) -> BoardTree:
    return BoardTree(tmp_path / "board", BOARDS["orin-nx"])


def test_everything_that_this_agent_sends_is_read(board: BoardTree) -> None:
    seen = Seen.model_validate_json(json.dumps(telemetry(board, **GOVERNED)))
    assert [name for name in PARTS if getattr(seen, name) is None] == ["sensors_why"]
    assert seen.power is not None
    assert seen.power.total_w.value == 16.8979
    assert seen.memory_budget is not None
    assert seen.memory_budget.measured_bytes.value == 1.5 * 2**30


@given(part=st.sampled_from(PARTS), value=_JSON)
def test_a_part_of_any_form_hides_no_other(part: str, value: object) -> None:
    message = {"queued": 3, "running": 1, part: value}
    page = text(watching(json.loads(json.dumps(message))), height=None)
    if part != "historical":
        assert "queue " in page
    if part not in ("queued", "historical"):
        assert "3 waiting" in page


def test_what_was_kept_offline_is_not_shown_as_now(board: BoardTree) -> None:
    watch = watching(telemetry(board))
    watch.on_telemetry(received(telemetry(board, historical=True, queued=99)), Seconds(2))
    assert "99 waiting" not in text(watch)
    assert len(watch.scene(Seconds(3)).history) == 1


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b"\xff", b'"text"', b"{}" * 2])
def test_what_cannot_be_read_is_no_news(payload: bytes, board: BoardTree) -> None:
    watch = watching(telemetry(board))
    before = text(watch)
    watch.on_telemetry(received(payload), Seconds(2))
    watch.on_event(received(payload))
    assert text(watch) == before
    watch.on_status(received(payload))
    assert "no agent" in text(watch)


@pytest.mark.parametrize("at", [b"1e300", b"-1e300", b"NaN", b"Infinity", b"1" + b"0" * 400])
def test_an_event_at_no_time_is_no_news(at: bytes, board: BoardTree) -> None:
    watch = watching(telemetry(board))
    before = text(watch)
    watch.on_event(received(b'{"event": "x", "detail": {}, "at": ' + at + b"}"))
    assert text(watch) == before


@pytest.mark.parametrize("number", [b"1" + b"0" * 400, b"1e999", b"NaN"])
@pytest.mark.parametrize("form", [b"%b", b'{"value": %b}'])
def test_a_number_without_bounds_is_unknown(form: bytes, number: bytes, board: BoardTree) -> None:
    watch = watching(telemetry(board))
    watch.on_telemetry(received(b'{"running": 1, "queued": ' + form % number + b"}"), Seconds(2))
    assert row(text(watch), "queue").startswith("- (not told) waiting, 1 running")


def test_names_from_outside_do_not_reach_the_terminal(board: BoardTree) -> None:
    watch = watching(telemetry(board, machine="a\x1b[2Jb\nc", sensors_why="\x07"))
    watch.on_event(received({"event": "x\x1b]0;title\x07", "at": 1.0, "detail": {"k\n": "v\r\x1b[31m"}}))
    page = text(watch, height=None)
    assert not any(character in page for character in "\x1b\x07\r")
    assert page.splitlines()[0].endswith("a[2Jb c")


def test_it_is_bounded(board: BoardTree) -> None:
    message = telemetry(board)
    watch = watching(*[{}] * 300, {**message, "zones": message["zones"] * 1000})
    for number in range(100):
        watch.on_event(received({"event": f"e{number}", "at": 0.0, "detail": {str(key): key for key in range(99)}}))
    scene = watch.scene(Seconds(301))
    assert (len(scene.history), len(scene.events)) == (240, 20)
    assert scene.seen is not None
    assert scene.seen.zones is not None
    assert len(scene.seen.zones) == 32
