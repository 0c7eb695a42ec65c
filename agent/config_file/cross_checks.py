"""What in a configuration does not go together: names that one part uses and another has. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from agent.config import Config
from agent.config_file.tree import KeyPath


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A name that is wrong where it stands.

    Attributes:
        path: Where.
        what: What is wrong, in a clause.
        other: What it does not go together with; where there is a complaint about that, there is none about this.
            Empty: nothing.
    """

    path: KeyPath
    what: str
    other: KeyPath = ()


def mismatches(config: Config) -> Iterator[Mismatch]:
    """Those that the configuration alone tells."""
    for name, upstream in config.upstreams.items():
        place = ("upstreams", name)
        for key, model in (("name", config.model.name), ("fallback", config.model.fallback)):
            if name == model:
                yield Mismatch(place, "has the name of the device's own model", ("model", key))
        for route in upstream.may_leave.routes:
            if route not in config.routes:
                what = f"there is no route {route}"
                yield Mismatch((*place, "may_leave", "routes"), what, ("routes", route))
        for camera in upstream.may_leave.cameras:
            if camera not in config.cameras:
                what = f"there is no camera {camera}"
                yield Mismatch((*place, "may_leave", "cameras"), what, ("cameras", camera))
