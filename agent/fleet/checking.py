"""Asks the fleet what this device should run. Blocking, through `Trust`."""

from agent.fleet.eligibility import Device, misfit, out_of_turn
from agent.fleet.happenings import Found, NothingToDo
from agent.fleet.ports import Trust
from agent.fleet.proving import not_compared
from agent.fleet.update import Rejected
from agent.fleet.values import ReleaseName


def ask_fleet(
    trust: Trust, device: Device, *, running: ReleaseName | None, rejected: Rejected | None
) -> Found | NothingToDo:
    """What the fleet wants, as far as it is for this device.

    Args:
        trust: What is signed.
        device: This one.
        running: What it runs; None: the installed release.
        rejected: What came to nothing here.

    Raises:
        DistrustError: What was given is not accepted.
        UnreachableError: Nobody gives it now.
    """
    trust.refresh()
    desired = trust.desired()
    if desired is None:
        return NothingToDo("the fleet wants nothing of this device")
    name = desired.release
    if name == running:
        return NothingToDo(f"{name} runs already", name)
    if rejected is not None and rejected.release == name:
        return NothingToDo(rejected.why, name)
    waits = out_of_turn(desired, device.id)
    if waits is not None:
        return NothingToDo(waits, name)
    release = trust.release(name)
    unfit = misfit(release, device)
    if unfit is not None:
        return NothingToDo(f"{name} cannot run here: {unfit}", name)
    proof = not_compared(release.proof) if desired.back else release.proof
    return Found(name, running, desired.urgent, release.canaries, proof)
