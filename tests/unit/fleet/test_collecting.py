"""What goes when releases take too much."""

from hypothesis import given
from hypothesis import strategies as st

from agent.fleet.collecting import Content, Removal, Slot, collect, may_stay
from agent.fleet.values import ReleaseName
from agent.units import Bytes, UnixSeconds


def _slot(name: str, at: float | None, own: int, *links: int) -> Slot:
    return Slot(ReleaseName(name), None if at is None else UnixSeconds(at), Bytes(own), frozenset(links))


def _content(identity: int, size: int, at: float = 0.0, *, is_superseded: bool = False) -> Content:
    return Content(str(identity), identity, Bytes(size), UnixSeconds(at), is_superseded)


_OLD, _MIDDLE, _NEW = _slot("old", 1.0, 10, 1, 2), _slot("middle", 2.0, 10, 2, 3), _slot("new", 3.0, 10, 3)
_SLOTS = (_NEW, _OLD, _MIDDLE)
_CONTENTS = tuple(_content(identity, 100) for identity in (1, 2, 3))
_NEW_STAYS = frozenset({ReleaseName("new")})


def test_nothing_goes_while_there_is_room() -> None:
    assert collect(_SLOTS, _CONTENTS, frozenset(), Bytes(330)) == Removal((), (), Bytes(0))


def test_the_oldest_goes_first_with_what_only_it_has() -> None:
    removal = collect(_SLOTS, _CONTENTS, _NEW_STAYS, Bytes(329))
    assert removal == Removal((ReleaseName("old"),), ("1",), Bytes(110))


def test_what_is_needed_elsewhere_is_freed_whatever_may_stay() -> None:
    for most, needed, left in ((10**6, 0, 330), (10**6, 110, 220), (100, 110, 100), (10**6, 10**9, 0)):
        assert may_stay(_SLOTS, _CONTENTS, Bytes(most), Bytes(needed)) == left


def test_what_has_to_stay_stays_with_its_contents_whatever_it_takes() -> None:
    removal = collect(_SLOTS, _CONTENTS, _NEW_STAYS, Bytes(0))
    assert removal == Removal((ReleaseName("old"), ReleaseName("middle")), ("1", "2"), Bytes(220))


def test_halves_go_in_any_case_but_not_the_one_that_is_being_made() -> None:
    slots = (*_SLOTS, _slot("half", None, 5, 3), _slot("coming", None, 5))
    removal = collect(slots, _CONTENTS, frozenset({ReleaseName("coming")}), Bytes(10**6))
    assert removal == Removal((ReleaseName("half"),), (), Bytes(5))


def test_a_part_goes_when_the_whole_is_here_and_else_last_the_newest_last() -> None:
    parts = (_content(7, 50, 7.0), _content(8, 50, 6.0), _content(9, 50, 1.0, is_superseded=True))
    removal = collect(_SLOTS, (*_CONTENTS, *parts), _NEW_STAYS, Bytes(170))
    assert removal.slots == ("old", "middle")
    assert removal.contents == ("9", "1", "2", "8")


_IDENTITIES = st.frozensets(st.integers(0, 9))


@given(
    st.lists(st.tuples(st.none() | st.floats(0, 9), st.integers(0, 99), _IDENTITIES), max_size=8),
    st.lists(st.tuples(st.integers(0, 99), st.floats(0, 9), st.booleans()), max_size=10),
    st.sets(st.integers(0, 7)),
    st.integers(0, 999),
)
def test_never_what_is_kept_never_twice_and_enough_or_all(
    slots_: list[tuple[float | None, int, frozenset[int]]],
    contents_: list[tuple[int, float, bool]],
    kept: set[int],
    most: int,
) -> None:
    slots = tuple(_slot(str(number), at, own, *links) for number, (at, own, links) in enumerate(slots_))
    contents = tuple(
        _content(identity, size, at, is_superseded=part) for identity, (size, at, part) in enumerate(contents_)
    )
    keep = frozenset(ReleaseName(str(number)) for number in kept)
    removal = collect(slots, contents, keep, Bytes(most))
    assert not keep & set(removal.slots)
    assert len(set(removal.slots)) == len(removal.slots)
    assert len(set(removal.contents)) == len(removal.contents)
    left = [slot for slot in slots if slot.name not in removal.slots]
    needed = {identity for slot in left for identity in slot.links}
    gone = [content for content in contents if content.name in removal.contents]
    assert all(content.is_superseded or content.identity not in needed for content in gone)
    freed = sum(slot.own for slot in slots if slot.name in removal.slots) + sum(content.size for content in gone)
    assert removal.freed == freed
    everything = sum(slot.own for slot in slots) + sum(content.size for content in contents)
    if everything - freed > most:
        assert {slot.name for slot in left} <= keep
        assert all(it.identity in needed for it in contents if it.name not in removal.contents)
