"""What was desired one after the other, and where a way back leads. Pure."""

from collections.abc import Sequence

from agent.fleet.values import Desired, ReleaseName


def release_before(desired: Sequence[Desired]) -> ReleaseName | None:
    """The release to go back to: the last one that all devices were to take, other than the present one.

    Who has gone back to a release has left everything since: going back again leads further back, not forth.

    Args:
        desired: The oldest first; the last is the present one.

    Returns:
        None: there is none.
    """
    if not desired:
        return None
    way: list[ReleaseName] = []
    for one in desired[:-1]:
        if one.share < 1:
            continue
        if one.release in way:
            del way[way.index(one.release) :]
        way.append(one.release)
    now = desired[-1].release
    if now in way:
        del way[way.index(now) :]
    return way[-1] if way else None
