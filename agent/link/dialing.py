"""Makes the connection without holding up the event loop, or a stop."""

import asyncio
import threading
from concurrent.futures import Future

from agent.config import Broker
from agent.link.client import BrokerClient


async def dial(client: BrokerClient, broker: Broker) -> None:
    """Call `client.dial` in a thread of its own, which is abandoned when the caller is cancelled.

    A daemon, and none of the event loop's: a stop waits for those, and a broker that does not answer takes
    `CONNECT_TIMEOUT_S`, a name server longer.

    Raises:
        ConfigError: As `client.dial` does; so are the others.
        OSError: There is no such broker, or TLS failed.
        ValueError: The host's name is none.
    """
    dialled: Future[None] = Future()
    threading.Thread(target=_dial, args=(client, broker, dialled), name="dial", daemon=True).start()
    try:
        await asyncio.wrap_future(dialled)
    except asyncio.CancelledError:
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
