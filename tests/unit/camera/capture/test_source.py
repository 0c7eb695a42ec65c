"""What a source is, by how it is written."""

import pytest

from agent.camera.capture.source import Csi, Device, Http, Pipeline, Rtsp, Source, Stored, is_picture, source_of


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("/dev/video0", Device("/dev/video0")),
        ("rtsp://cam/live", Rtsp("rtsp://cam/live")),
        ("RTSPS://cam/live", Rtsp("RTSPS://cam/live")),
        ("http://cam/snap.jpg", Http("http://cam/snap.jpg")),
        ("https://cam/", Http("https://cam/")),
        ("csi://0", Csi(0)),
        ("gst: videotestsrc ! x", Pipeline("videotestsrc ! x")),
        ("gst:rtspsrc location=rtsp://cam", Pipeline("rtspsrc location=rtsp://cam")),
        ("/srv/clip.mp4", Stored("/srv/clip.mp4")),
        ("clips", Stored("clips")),
    ],
)
def test_kinds(text: str, source: Source) -> None:
    assert source_of(text) == source


@pytest.mark.parametrize(
    ("text", "why"), [("csi://left", "the sensor's number"), ("ftp://cam/x", "must be /dev/video0, rtsp://")]
)
def test_what_is_none(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        source_of(text)


@pytest.mark.parametrize(
    "url",
    [
        "rtps://admin:S3cret@cam/live",
        "rtsp:/admin:S3cret@cam/live",
        "rtsp:admin:S3cret@cam/live",
        "admin:S3cret@cam/live",
        "//admin:S3cret@cam/live",
        "http//admin:S3cret@cam/x.jpg",
        "rtsp:/admin:S3cret@h/x?u=http://a",
        "/dev/video0 rtsp:/admin:S3cret@h",
    ],
)
def test_a_mistyped_url_is_no_file_and_is_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="without user and password") as refused:
        source_of(url)
    assert "S3cret" not in str(refused.value)


def test_pictures() -> None:
    names = ("a.jpg", "b.JPEG", "c.png", "d.txt", ".e.jpg", "jpg")
    assert [name for name in names if is_picture(name)] == ["a.jpg", "b.JPEG", "c.png"]
