"""What the agent and a capture process say to each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.camera.capture.spec import CaptureSpec, Report, decode_report, decode_spec, encode
from agent.units import Seconds


def test_a_spec_arrives_as_it_was() -> None:
    spec = CaptureSpec("rtsp://a:ö\n@cam", loop=True, width=640, height=480, stall_timeout=Seconds(2.5), looks=0.5)
    line = encode(spec)
    assert line.count(b"\n") == 1
    assert decode_spec(line) == spec


@given(st.builds(Report, has_ended=st.booleans(), reason=st.text("abc é\"'{}", max_size=80)))
def test_a_report_arrives_as_it_was(report: Report) -> None:
    assert decode_report(encode(report)) == report


@given(st.binary(max_size=60))
def test_any_bytes_are_a_report_or_none(line: bytes) -> None:
    assert decode_report(line) is None


@pytest.mark.parametrize("line", [b"", b"[]", b'{"has_ended": 1, "reason": ""}', b'{"has_ended": true}', b"1e999"])
def test_other_json_is_none(line: bytes) -> None:
    assert decode_report(line) is None


def test_a_reason_is_bounded_and_obeyed_by_no_terminal() -> None:
    report = decode_report(encode(Report(has_ended=False, reason="\x1b[2J" + "x" * 10_000)))
    assert report is not None
    assert report.reason.startswith("[2Jx")
    assert len(report.reason) == 500
