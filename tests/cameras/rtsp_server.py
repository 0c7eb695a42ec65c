"""An RTSP server of one clip: `python -m tests.cameras.rtsp_server [--port N] [--mode ...]`.

RFC 2326, as far as FFmpeg and GStreamer ask; RTP over the same TCP connection. It prints its port once it listens, and
for each client the boot clock's time of picture 0: picture n follows n intervals later.
Modes: `well`; `slow`: a picture each two seconds; `garbage`: after two seconds, payloads of random bytes; `mute`:
connections are taken and nothing is answered. With `--user`, digest authentication (RFC 2617) is asked for.
"""

import argparse
import asyncio
import base64
import hashlib
import random
import re
import struct

from agent.clock import boottime
from tests.cameras.h264 import CLIP, CLOCK, FRAMES_PER_SECOND, packets_of, parameter_sets, pictures_of, units_of

REALM, NONCE = "tests", "5ca1ab1e"
_PLAIN_S = 4.0
"""So long `garbage` sends pictures first."""


class Session:
    """One connection.

    Args:
        reader: What the client asks.
        writer: What it is answered.
        mode: As above.
        user: `name:password`; empty: everyone may watch.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, mode: str, user: str) -> None:
        self._reader = reader
        self._writer = writer
        self._mode = mode
        self._user = user
        self._playing: asyncio.Task[None] | None = None
        self._units = units_of(CLIP.read_bytes())

    async def run(self) -> None:
        """Answer until the client leaves."""
        try:
            while (request := await self._request()) is not None:
                if self._mode != "mute":
                    self._answer(*request)
                    await self._writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            if self._playing is not None:
                self._playing.cancel()
            self._writer.close()

    async def _request(self) -> tuple[str, str, dict[str, str]] | None:
        first = await self._reader.readexactly(1)
        while first == b"$":  # RTCP of the client's
            (length,) = struct.unpack("!xH", await self._reader.readexactly(3))
            await self._reader.readexactly(length)
            first = await self._reader.readexactly(1)
        head = (first + await self._reader.readuntil(b"\r\n\r\n")).decode()
        method, url, _ = head.split(" ", 2)
        return method, url, dict(re.findall(r"(?m)^([\w-]+): *(.*?)\r$", head))

    def _answer(self, method: str, url: str, headers: dict[str, str]) -> None:
        sequence = headers.get("CSeq", "0")
        if method != "OPTIONS" and not self._is_welcome(method, headers.get("Authorization", "")):
            self._send("401 Unauthorized", sequence, f'WWW-Authenticate: Digest realm="{REALM}", nonce="{NONCE}"\r\n')
            return
        match method:
            case "OPTIONS":
                self._send("200 OK", sequence, "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER\r\n")
            case "DESCRIBE":
                self._send(
                    "200 OK", sequence, f"Content-Base: {url}/\r\nContent-Type: application/sdp\r\n", self._sdp()
                )
            case "SETUP":
                transport = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1;timeout=60\r\n"
                self._send("200 OK", sequence, transport)
            case "PLAY":
                self._send("200 OK", sequence, "Session: 1\r\nRange: npt=0-\r\n")
                self._playing = asyncio.create_task(self._play())
            case _:
                self._send("200 OK", sequence, "Session: 1\r\n")

    def _is_welcome(self, method: str, authorization: str) -> bool:
        if not self._user:
            return True
        said = dict(re.findall(r'(\w+)="([^"]*)"', authorization))
        name, _, password = self._user.partition(":")
        one = hashlib.md5(f"{name}:{REALM}:{password}".encode()).hexdigest()  # noqa: S324 - RFC 2617's
        two = hashlib.md5(f"{method}:{said.get('uri')}".encode()).hexdigest()  # noqa: S324 - likewise
        return said.get("response") == hashlib.md5(f"{one}:{NONCE}:{two}".encode()).hexdigest()  # noqa: S324 - likewise

    def _send(self, status: str, sequence: str, headers: str, body: str = "") -> None:
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        self._writer.write(f"RTSP/1.0 {status}\r\nCSeq: {sequence}\r\n{headers}{length}\r\n{body}".encode())

    def _sdp(self) -> str:
        sps, pps = parameter_sets(self._units)
        sets = f"{base64.b64encode(sps).decode()},{base64.b64encode(pps).decode()}"
        return (
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=clip\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\nc=IN IP4 0.0.0.0\r\n"
            f"a=rtpmap:96 H264/{CLOCK}\r\na=fmtp:96 packetization-mode=1;sprop-parameter-sets={sets}\r\n"
            f"a=control:track1\r\n"
        )

    async def _play(self) -> None:
        pictures = pictures_of(self._units)
        interval = 2.0 if self._mode == "slow" else 1.0 / FRAMES_PER_SECOND
        loop = asyncio.get_running_loop()
        began, sequence, number = loop.time(), 0, 0
        print(boottime(), flush=True)
        while True:
            picture = pictures[number % len(pictures)]
            for packet in packets_of(picture, sequence, round(number * interval * CLOCK) & 0xFFFFFFFF):
                sent = packet
                if self._mode == "garbage" and loop.time() - began > _PLAIN_S:
                    sent = packet[:12] + random.randbytes(len(packet) - 12)  # noqa: S311 - no secret
                self._writer.write(b"$\0" + struct.pack("!H", len(sent)) + sent)
                sequence += 1
            await self._writer.drain()
            number += 1
            await asyncio.sleep(max(0.0, began + number * interval - loop.time()))


async def serve(port: int, mode: str, user: str) -> None:
    """Serve until killed."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Session(reader, writer, mode, user).run()

    server = await asyncio.start_server(connected, "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--mode", choices=("well", "slow", "garbage", "mute"), default="well")
    parser.add_argument("--user", default="")
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.port, arguments.mode, arguments.user))


if __name__ == "__main__":
    main()
