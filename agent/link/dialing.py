"""Makes the connection without holding up the event loop, or a stop."""

import asyncio
import threading
from concurrent.futures import Future

from agent.config import Broker
from agent.link.client import BrokerClient
from agent.units import Seconds

_LONGEST = Seconds(45.0)
"""With what follows it, less than what the link may take for one step: the watchdog counts it."""


async def dial(client: BrokerClient, broker: Broker) -> None:
    """Call `client.dial` in a thread of its own, which is abandoned when it takes too long or the caller is cancelled.

    A daemon, and none of the event loop's: a stop waits for those, and a broker that does not answer takes
    `CONNECT_TIMEOUT_S`, name servers that do not answer minutes.

    Raises:
        ConfigError: As `client.dial` does; so are the others.
        OSError: There is no such broker, or TLS failed, or it took too long.
        ValueError: The host's name is none.
    """
    try:
        async with asyncio.timeout(_LONGEST) as limit:
            await _dialled(client, broker)
    except TimeoutError:
        if limit.expired():  # and not the socket's own limit
            raise OSError(f"no connection within {_LONGEST} s: do the name servers answer?") from None
        raise


async def _dialled(client: BrokerClient, broker: Broker) -> None:
    dialled: Future[None] = Future()
    threading.Thread(target=_dial, args=(client, broker, dialled), name="dial", daemon=True).start()
    try:
        await asyncio.wrap_future(dialled)
    except asyncio.CancelledError:
        client.give_up()
        dialled.add_done_callback(lambda _: client.abandon())
        raise


def _dial(client: BrokerClient, broker: Broker, dialled: "Future[None]") -> None:
    if not dialled.set_running_or_notify_cancel():
        return
    try:
        client.dial(broker)
    except BaseException as error:  # noqa: BLE001 - handed over: it is raised where `dialled` is waited for
        dialled.set_exception(error)
    else:
        dialled.set_result(None)
