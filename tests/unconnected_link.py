"""A link that has no broker: what tests of those who publish make their own of."""

from agent.clock import Clock
from agent.config import Broker
from agent.link import Link
from agent.prompt import OutMessage


class UnconnectedLink(Link):
    """Never started; a test overrides what it needs."""

    def __init__(self, clock: Clock) -> None:
        nothing = OutMessage("t", b"")
        super().__init__(
            Broker(),
            client_id="c",
            subscriptions=(),
            former=list,
            will=nothing,
            birth=lambda: nothing,
            max_payload=1,
            clock=clock,
        )
