"""From servers that lead elsewhere, compress, or refuse the rest of a file: what is said, and that it ends."""

import pytest

from agent.models.pull import From
from agent.models.pull_error import PullError
from tests.integration.models.device import NAME, WEIGHTS, WHOLE, Device, content
from tests.integration.models.hub_server import Hub, Trouble


def test_a_server_that_refuses_the_rest_is_asked_for_all_of_it(hub: Hub, device: Device) -> None:
    hub.troubles = [Trouble(), Trouble(stop_after=500_000), Trouble(status=416)]
    device.pull()
    assert content(device.own / NAME) == WHOLE
    assert device.told.have == len(WEIGHTS) + 2
    assert device.waited == [1.0]


def test_a_server_that_never_sends_the_rest_is_not_asked_for_ever(hub: Hub, device: Device) -> None:
    hub.troubles = [Trouble(), *[Trouble(stop_after=500_000), Trouble(status=416)] * 10]
    with pytest.raises(PullError, match=r"does not send the rest alone \(416\)"):
        device.pull()
    hub.troubles = [Trouble(status=416)]
    device.pull()
    assert content(device.own / NAME) == WHOLE


def test_a_server_that_compresses_is_told_of(hub: Hub, device: Device) -> None:
    hub.troubles = [Trouble(), Trouble(compressed=True)]
    with pytest.raises(PullError, match=r"the server compresses it \(gzip\)"):
        device.pull()
    assert device.waited == []


@pytest.mark.parametrize("leads_to", ["ftp://x.invalid/y", "/mirror/round", "http://[::1"])
def test_a_redirect_that_leads_nowhere_ends_it(hub: Hub, device: Device, leads_to: str) -> None:
    hub.mirror["round"] = b""
    hub.troubles = [Trouble(), *[Trouble(leads_to=leads_to)] * 40]
    with pytest.raises(PullError, match=r"^(?!.*online).*not as a server of models does"):
        device.pull()
    assert device.waited == []


@pytest.mark.parametrize("leads_to", ["ftp://x.invalid/y", "/mirror/round", "http://[::1"])
def test_a_mirror_that_leads_nowhere_is_told_of(hub: Hub, device: Device, leads_to: str) -> None:
    hub.mirror = {f"{NAME}.yaml": b"", "round": b""}
    hub.troubles = [Trouble(leads_to=leads_to)] * 40
    with pytest.raises(PullError, match=r"^(?!.*online).*not as a server of models does"):
        device.pull(From(mirror=f"{hub.url}/mirror", accept_new=True))


def test_a_mirror_that_drops_the_connection_is_not_reached(hub: Hub, device: Device) -> None:
    hub.mirror = {f"{NAME}.yaml": b""}
    hub.troubles = [Trouble(dropped=True)]
    with pytest.raises(PullError, match=r"cannot be reached: Server disconnected without sending a response\. Is"):
        device.pull(From(mirror=f"{hub.url}/mirror", accept_new=True))


def test_a_server_that_drops_the_connection_is_asked_again(hub: Hub, device: Device) -> None:
    hub.troubles = [Trouble(), Trouble(dropped=True)]
    device.pull()
    assert content(device.own / NAME) == WHOLE
    assert device.waited == [1.0]
