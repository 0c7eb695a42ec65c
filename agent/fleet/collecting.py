"""Which releases and contents go, when they take too much. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from agent.fleet.values import Digest, ReleaseName
from agent.units import Bytes, UnixSeconds


@dataclass(frozen=True, slots=True)
class Slot:
    """A release's folder.

    Attributes:
        at: When it was completed; None: it never was.
        own: Bytes that only it takes.
        links: Contents that it has hard links to, by whatever tells them apart.
    """

    name: ReleaseName
    at: UnixSeconds | None
    own: Bytes
    links: frozenset[int]


@dataclass(frozen=True, slots=True)
class Content:
    """A file in `blobs/`.

    Attributes:
        name: Its file's name.
        identity: As in `Slot.links`.
        at: When it was written to last.
        is_superseded: It is a part of one that is here whole.
    """

    name: str
    identity: int
    size: Bytes
    at: UnixSeconds
    is_superseded: bool = False


@dataclass(frozen=True, slots=True)
class Removal:
    """What goes.

    Attributes:
        slots: First, in this order.
        contents: Then: names of files in `blobs/`.
        freed: Bytes, altogether.
    """

    slots: tuple[ReleaseName, ...]
    contents: tuple[str, ...]
    freed: Bytes


def collect(
    slots: tuple[Slot, ...],
    contents: tuple[Content, ...],
    keep: frozenset[ReleaseName],
    most: Bytes,
    spare: frozenset[Digest] = frozenset(),
) -> Removal:
    """Choose what goes.

    What nothing can use goes in any case: halves of releases, and parts of contents that are here whole. Then, until
    the rest takes no more than `most`: the oldest releases, each with the contents that no other has; then contents
    that no release has, the oldest first: perhaps one of them is being brought.

    Args:
        slots: All there are.
        contents: All there are.
        keep: Releases that stay with their contents, whatever they take.
        most: What may stay, in bytes.
        spare: Contents that stay, and what has come of them.
    """
    gone = _Choice(slots, contents, spare)
    for slot in slots:
        if slot.at is None and slot.name not in keep:
            gone.add(slot)
    for content in contents:
        if content.is_superseded:
            gone.drop(content)
    for slot in _oldest_first(slots):
        if gone.left > most and slot.name not in keep:
            gone.add(slot)
            for content in gone.freed_by(slot):
                gone.drop(content)
    for content in sorted(contents, key=lambda it: (it.at, it.name)):
        if gone.left > most and not gone.is_needed(content):
            gone.drop(content)
    return gone.removal()


def may_stay(slots: tuple[Slot, ...], contents: tuple[Content, ...], most: Bytes, needed: Bytes) -> Bytes:
    """The most that may stay of all there is, so that what is needed elsewhere is freed; never more than `most`."""
    everything = sum(slot.own for slot in slots) + sum(content.size for content in contents)
    return Bytes(max(0, min(most, everything - needed)))


def _oldest_first(slots: tuple[Slot, ...]) -> list[Slot]:
    return sorted((it for it in slots if it.at is not None), key=lambda it: (it.at or 0.0, it.name))


class _Choice:
    """What goes so far, and what is left."""

    def __init__(self, slots: tuple[Slot, ...], contents: tuple[Content, ...], spare: frozenset[Digest]) -> None:
        self._spare = spare
        self._slots = {slot.name: slot for slot in slots}
        self._contents = {content.name: content for content in contents}
        self._gone_slots: list[ReleaseName] = []
        self._gone_contents: list[str] = []
        self._freed = 0
        self._all = sum(slot.own for slot in slots) + sum(content.size for content in contents)

    @property
    def left(self) -> int:
        """Bytes that stay."""
        return self._all - self._freed

    def add(self, slot: Slot) -> None:
        """A release goes."""
        del self._slots[slot.name]
        self._gone_slots.append(slot.name)
        self._freed += slot.own

    def drop(self, content: Content) -> None:
        """A content goes, once."""
        if self._contents.pop(content.name, None) is not None:
            self._gone_contents.append(content.name)
            self._freed += content.size

    def is_needed(self, content: Content) -> bool:
        """Whether a release that stays has it, or one that is coming."""
        is_spared = content.name.partition(".")[0] in self._spare
        return is_spared or any(content.identity in slot.links for slot in self._slots.values())

    def freed_by(self, slot: Slot) -> Iterator[Content]:
        """Contents of a release that went, which none that stays has."""
        return (it for it in tuple(self._contents.values()) if it.identity in slot.links and not self.is_needed(it))

    def removal(self) -> Removal:
        """All of it."""
        return Removal(tuple(self._gone_slots), tuple(self._gone_contents), Bytes(self._freed))
