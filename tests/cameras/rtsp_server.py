"""An RTSP server of one clip: `python -m tests.cameras.rtsp_server [--port N] [--user NAME:PASSWORD]`.

RFC 2326, as far as FFmpeg and GStreamer ask; RTP over the same TCP connection. It prints its port once it listens, and
for each client the boot clock's time of picture 0: picture n follows n intervals later. With `--user`, digest
authentication (RFC 2617) is asked for. SIGUSR1: from now on random bytes as payloads; SIGUSR2: a picture each two
seconds; SIGHUP: all is well again.
"""

import argparse
import asyncio
import base64
import hashlib
import itertools
import random
import re
import signal
import struct
from enum import Enum

from agent.clock import boottime
from tests.cameras.h264 import CLIP, CLOCK, FRAMES_PER_SECOND, packets_of, parameter_sets, pictures_of, units_of

REALM, NONCE = "tests", "5ca1ab1e"


class Mode(Enum):
    """How it serves."""

    WELL = signal.SIGHUP
    GARBAGE = signal.SIGUSR1
    SLOW = signal.SIGUSR2


class Server:
    """What all connections share.

    Args:
        user: `name:password`; empty: everyone may watch.
    """

    def __init__(self, user: str) -> None:
        self.user = user
        self.mode = Mode.WELL

    def turn(self, mode: Mode) -> None:
        """Serve like this from now on."""
        self.mode = mode


class Session:
    """One connection.

    Args:
        reader: What the client asks.
        writer: What it is answered.
        server: Whose it is.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Server) -> None:
        self._reader = reader
        self._writer = writer
        self._server = server
        self._playing: asyncio.Task[None] | None = None
        self._units = units_of(CLIP.read_bytes())

    async def run(self) -> None:
        """Answer until the client leaves."""
        try:
            while (request := await self._request()) is not None:
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
        if not self._server.user:
            return True
        said = dict(re.findall(r'(\w+)="([^"]*)"', authorization))
        name, _, password = self._server.user.partition(":")
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
        loop = asyncio.get_running_loop()
        sequence, due = 0, loop.time()
        print(boottime(), flush=True)
        for number in itertools.count():
            timestamp = round(number / FRAMES_PER_SECOND * CLOCK) & 0xFFFFFFFF
            for packet in packets_of(pictures[number % len(pictures)], sequence, timestamp):
                garbled = packet[:12] + random.randbytes(len(packet) - 12)  # noqa: S311 - no secret
                sent = garbled if self._server.mode is Mode.GARBAGE else packet
                self._writer.write(b"$\0" + struct.pack("!H", len(sent)) + sent)
                sequence += 1
            await self._writer.drain()
            due += 2.0 if self._server.mode is Mode.SLOW else 1.0 / FRAMES_PER_SECOND
            await asyncio.sleep(max(0.0, due - loop.time()))


async def serve(port: int, user: str) -> None:
    """Serve until killed."""
    shared = Server(user)
    for mode in Mode:
        asyncio.get_running_loop().add_signal_handler(mode.value, shared.turn, mode)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Session(reader, writer, shared).run()

    server = await asyncio.start_server(connected, "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--user", default="")
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.port, arguments.user))


if __name__ == "__main__":
    main()
