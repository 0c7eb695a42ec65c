"""Every kind of source, read from a real server, device or file of its kind."""

import asyncio
import io
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from agent.camera.capture import rtsp
from tests.cameras.h264 import CLIP
from tests.cameras.http_server import PASSWORD, USER, http_camera
from tests.cameras.marked import COUNT, HEIGHT, WIDTH, picture
from tests.cameras.rtsp import rtsp_server
from tests.cameras.v4l2 import v4l2_camera
from tests.integration.camera.capturing import PATIENCE, Capturing, capturing


async def _sees_pictures_in_order(camera: Capturing, shape: tuple[int, int] = (HEIGHT, WIDTH)) -> None:
    await camera.live()
    assert (await camera.frame()).pixels.shape == (*shape, 3)
    numbers = await camera.numbers(8)
    steps = {(later - earlier) % COUNT for earlier, later in itertools.pairwise(numbers)}
    assert all(step < COUNT // 2 for step in steps), numbers
    assert steps - {0}, numbers


async def test_rtsp() -> None:
    with rtsp_server() as server:
        async with capturing(server.url) as camera:
            await _sees_pictures_in_order(camera)


async def test_rtsp_with_a_password_that_is_seen_nowhere(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("p@ss w/rd\n", encoding="utf-8")
    with rtsp_server("--user", "ann:p@ss w/rd") as server:
        url = server.url.replace("://", "://ann@")
        async with capturing(url, password_file=str(password)) as camera:
            await _sees_pictures_in_order(camera)
            process = Path(f"/proc/{camera.keeper.pid}")
            for name in ("cmdline", "environ"):
                seen = (process / name).read_bytes()
                assert b"ss w/rd" not in seen
                assert b"ss%20w" not in seen
        password.write_text("wrong-secret", encoding="utf-8")
        async with capturing(url, password_file=str(password)) as camera:
            why = (await camera.lost()).why
            assert "answers, but not with video" in why
            assert "ann" not in why
            assert "secret" not in why


@pytest.fixture
def have_decoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, float], None]:
    """Gives capture processes a decoder in the place of a Jetson's."""

    def have(decoder: str, timeout: float) -> None:
        (tmp_path / "sitecustomize.py").write_text(
            "from agent.camera.capture import rtsp\n"
            f"rtsp.HARDWARE, rtsp.DECODER_TIMEOUT = ('avdec_h264', {decoder!r}), {timeout}\n",
            encoding="utf-8",
        )
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    return have


async def test_rtsp_by_a_decoder_of_gstreamers(have_decoder: Callable[[str, float], None]) -> None:
    have_decoder("avdec_h264 ! videoconvert", PATIENCE)
    assert rtsp.has_element("avdec_h264")
    assert not rtsp.has_element("nosuch")
    with rtsp_server() as server:
        async with capturing(server.url) as camera:
            await _sees_pictures_in_order(camera)
            server.kill()
            assert "the stream ended" in (await camera.lost()).why
            server.restart()
            await camera.live()


@pytest.mark.parametrize(
    "decoder",
    [
        "avdec_h264 ! videoconvert ! videoscale ! capsfilter caps=video/x-raw,width=636,height=360",  # padded rows
        "avdec_h264 ! videoconvert ! identity drop-probability=1",  # it hangs
        "avdec_h264 ! videoconvert ! identity error-after=1",
    ],
)
async def test_a_decoder_that_is_of_no_use_is_left_for_ffmpegs(
    decoder: str, have_decoder: Callable[[str, float], None]
) -> None:
    have_decoder(decoder, 3.0)
    with rtsp_server() as server:
        async with capturing(server.url) as camera:
            await _sees_pictures_in_order(camera)
            assert camera.keeper.state.restarts == 0


@pytest.mark.parametrize("path", ["/mjpeg", "/snapshot", "/digest/mjpeg", "/basic/snapshot"])
async def test_http(path: str, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text(PASSWORD, encoding="utf-8")
    with http_camera() as host:
        async with capturing(f"http://{USER}@{host}{path}", password_file=str(password)) as camera:
            await _sees_pictures_in_order(camera)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/nothing", "the server answers 404"),
        ("/digest/mjpeg", "401: are user and password right?"),
        ("/bomb", "absurdly many pixels"),
        ("/endless", "too large"),
    ],
)
async def test_http_that_is_no_camera(path: str, why: str) -> None:
    with http_camera() as host:
        async with capturing(f"http://{host}{path}") as camera:
            assert why in (await camera.lost()).why
            assert camera.slots.header().number == 0


async def test_a_device() -> None:
    with v4l2_camera() as device:
        async with capturing(device.path) as camera:
            await _sees_pictures_in_order(camera)


async def test_a_file_loops_and_is_scaled() -> None:
    async with capturing(CLIP, size="320x320") as camera:
        await _sees_pictures_in_order(camera, (180, 320))


async def test_a_file_ends() -> None:
    async with capturing(CLIP, loop=False) as camera:
        await camera.live()
        state = await camera.lost()
        assert state.has_ended
        assert state.why == "it is at its end"
        assert state.restarts == 0
        assert camera.slots.header().number >= COUNT // 2  # from its begin on, as far as a busy machine comes


async def test_a_folder(tmp_path: Path) -> None:
    for number in (3, 1, 2):
        Image.fromarray(picture(number, 320, 180)[:, :, ::-1]).save(tmp_path / f"{number}.png")
    (tmp_path / "0.jpg").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("no picture", encoding="utf-8")
    async with capturing(tmp_path, loop=False, looks=10) as camera:
        await camera.live()
        assert (await camera.lost()).has_ended
        assert camera.slots.header().number == 3
        assert (await camera.numbers(1)) == [3]


async def test_a_pipeline_that_plays_a_file() -> None:
    async with capturing(f"gst:filesrc location={CLIP} ! h264parse ! avdec_h264") as camera:
        await _sees_pictures_in_order(camera)


async def test_a_pipeline_of_test_pictures_ends() -> None:
    source = "gst:videotestsrc num-buffers=20 ! video/x-raw,width=640,height=480,framerate=30/1"
    async with capturing(source, loop=False) as camera:
        await camera.live()
        assert (await camera.frame()).pixels.shape == (480, 640, 3)
        assert (await camera.lost()).has_ended


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("/dev/video_none", "/dev/video_none is not there: is the camera plugged in?"),
        ("/nowhere.mp4", "/nowhere.mp4: no such file or directory"),
        (__file__, "is no video that this OpenCV reads"),
        ("rtsp://ann:secret@127.0.0.1:1/x", "127.0.0.1:1: connection refused"),
        ("csi://0", "the element nvarguscamerasrc is missing"),
        ("gst:nosuch ! fakesink", "GStreamer has no element nosuch"),
        ("gst:videotestsrc ! video/x-raw,width=322,height=240", "multiple of 8"),
        ('gst:filesrc location="a', "the pipeline cannot be read"),
    ],
)
async def test_what_cannot_be_opened_says_why(source: str, why: str) -> None:
    async with capturing(source) as camera:
        state = await camera.lost()
        assert why in state.why
        assert "secret" not in state.why


async def test_a_truncated_picture_ends_no_agent() -> None:
    file = io.BytesIO()
    Image.fromarray(picture(1)).save(file, "JPEG")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.read(10_000):  # else it only looked whether somebody listens
            head = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 50000\r\n\r\n"
            writer.write(head + file.getvalue()[:900])
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, capturing(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/") as camera:
        assert "RemoteProtocolError" in (await camera.lost()).why
