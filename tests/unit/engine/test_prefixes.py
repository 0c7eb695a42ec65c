"""Which kept generator a request uses, and what is given up for it."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.engine.parts import Part
from agent.engine.prefixes import MOST_KEPT, Kept, Prefixes, Profile, Wanted, shared_parts, tokens_of

GREEDY = Profile(0.0, 1.0, None, None)
WARM = Profile(0.7, 0.9, None, None)
ROOM = 4096


@dataclass(eq=False)
class Rewound:
    """A generator that remembers what it was asked."""

    lengths: list[int] = field(default_factory=list)
    can: bool = True

    def rewind_to(self, length: int, /) -> None:
        if not self.can:
            raise RuntimeError("RewindTo is currently not supported for this model.")
        self.lengths.append(length)


def part(name: int, size: int = 20) -> Part:
    return (name,) * size


def parts(*names: int) -> tuple[Part, ...]:
    return tuple(part(name) for name in names)


def kept(
    *names: int, profile: Profile = GREEDY, capacity: int = 512, can: bool = True, recorded: bool = False
) -> Kept[Rewound]:
    return Kept(Rewound(can=can), profile, capacity, parts(*names), recorded)


def wanted(*names: int, profile: Profile = GREEDY, tokens: int = 300, room: int = ROOM) -> Wanted:
    return Wanted(profile, parts(*names), tokens, room)


@pytest.mark.parametrize(
    ("has", "wants", "count"),
    [
        (kept(1, 2, 3), wanted(1, 2, 4), 2),
        (kept(1, 2, 3), wanted(1, 2, 3), 2),  # the last part is read for its logits
        (kept(1, 2), wanted(1, 2, 3), 1),  # there must be something to go back from
        (kept(1), wanted(1, 2), 0),
        (kept(1, 2, 3), wanted(4, 2, 3), 0),
        (kept(1, 2, 3), wanted(1, 4, 3), 1),
        (kept(1, 2), wanted(1, 3, 4, 5), 1),  # a quarter
        (kept(1, 2), wanted(1, 3, 4, 5, 6), 0),  # less than that
        (kept(1, 2, 3, profile=WARM), wanted(1, 2, 4), 0),
        (kept(1, 2, 3, profile=WARM), wanted(1, 2, 4, profile=WARM), 2),
        (kept(1, 2, 3), wanted(1, 2, 4, profile=replace(GREEDY, grammar="start: /a/")), 0),
        (kept(1, 2, 3, capacity=299), wanted(1, 2, 4), 0),
        (kept(1, 2, 3, capacity=300), wanted(1, 2, 4), 2),
        (kept(1, 2, 3), wanted(1, 2, 4, room=511), 0),
        (replace(kept(), parts=(part(1, 15), part(2))), replace(wanted(), parts=(part(1, 15), part(3))), 0),
        (kept(1, 2, 3), replace(wanted(1, 2, 4), is_by_size=True), 2),
        (kept(1, 2, 3, capacity=1024), replace(wanted(1, 2, 4), is_by_size=True), 0),
        (kept(1, 2, 3), replace(wanted(1, 2, 4, tokens=513), is_by_size=True), 0),
        (kept(1, 2, 3, capacity=1024), replace(wanted(1, 2, 4, tokens=513), is_by_size=True), 2),
    ],
)
def test_what_is_shared(has: Kept[Rewound], wants: Wanted, count: int) -> None:
    assert shared_parts(has, wants) == count


names = st.lists(st.integers(1, 3), min_size=1, max_size=6)


@given(st.lists(names, max_size=6), names)
def test_the_generator_that_saves_most_is_taken_and_gone_back(has: list[list[int]], wants: list[int]) -> None:
    prefixes: Prefixes[Rewound] = Prefixes()
    everything = [kept(*it) for it in has]
    for it in everything:
        prefixes.keep(it)
    request = wanted(*wants)
    stays = [it for it in everything if len(it.parts) > 1][-MOST_KEPT:]
    best = max((shared_parts(it, request) for it in stays), default=0)
    found = prefixes.take(request)
    assert (0 if found is None else len(found.parts)) == best
    if found is not None:
        assert found.parts == request.parts[:best]
        assert found.generator.lengths == [tokens_of(found.parts)]


@given(st.lists(st.tuples(names, st.integers(40, 1500), st.integers(0, 2000))), st.booleans(), st.booleans())
def test_what_is_kept_and_runs_never_exceeds_the_room(
    requests: list[tuple[list[int], int, int]],
    recorded: bool,  # noqa: FBT001
    is_by_size: bool,  # noqa: FBT001
) -> None:
    prefixes: Prefixes[Rewound] = Prefixes()
    for its_names, tokens, more in requests:
        request = replace(wanted(*its_names, tokens=tokens, room=tokens + more), is_by_size=is_by_size)
        found = prefixes.take(request)
        assert found is None or not is_by_size or found.capacity == request.capacity
        running = found or Kept(Rewound(), request.profile, request.capacity, ())
        assert tokens <= running.capacity
        assert prefixes.tokens + running.capacity <= request.room
        prefixes.keep(replace(running, parts=request.parts, recorded=recorded))


def test_the_one_used_longest_ago_goes_first() -> None:
    prefixes: Prefixes[Rewound] = Prefixes()
    for name in range(1, MOST_KEPT + 1):
        prefixes.keep(kept(name, 9))
    used = prefixes.take(wanted(1, 8))
    assert used is not None
    prefixes.keep(replace(used, parts=parts(1, 8)))
    assert prefixes.take(wanted(20, 21)) is None  # a new generator needs a place: that of 2
    assert prefixes.take(wanted(2, 8)) is None
    assert prefixes.take(wanted(1, 8)) is not None


def test_of_many_that_ran_at_once_no_more_than_the_most_are_kept() -> None:
    prefixes: Prefixes[Rewound] = Prefixes()
    for name in range(MOST_KEPT + 12):
        prefixes.keep(kept(name, 9))
    assert prefixes.tokens == MOST_KEPT * 512
    assert prefixes.take(wanted(MOST_KEPT + 11, 8)) is not None, "the one that was used last"


def full_of(*names: int, recorded: bool = True, **form: Any) -> Prefixes[Rewound]:  # noqa: ANN401 - as of `kept`
    prefixes: Prefixes[Rewound] = Prefixes()
    for name in names:
        prefixes.keep(kept(name, 9, recorded=recorded, **form))
    return prefixes


def test_one_whose_steps_are_recorded_is_used_from_its_begin_rather_than_given_up() -> None:
    prefixes = full_of(1, 2, 3, 4)
    found = prefixes.take(wanted(20, 21))
    assert found is not None
    assert found.parts == ()
    assert found.generator.lengths == [0]
    assert found.recorded
    assert prefixes.tokens == 3 * 512
    assert prefixes.take(wanted(1, 8)) is None, "it was that of 1, which was used longest ago"
    assert prefixes.take(wanted(2, 8)) is not None


def test_it_has_to_be_of_the_kind_and_the_size() -> None:
    for other in ({"profile": WARM}, {"tokens": 513}, {"room": 511}):
        prefixes = full_of(1, 2, 3, 4)
        assert prefixes.take(wanted(20, 21, **other)) is None
        assert prefixes.tokens <= 3 * 512


def test_a_new_one_is_made_while_there_is_a_place_or_where_nothing_is_recorded() -> None:
    prefixes = full_of(1, 2, 3)
    assert prefixes.take(wanted(20, 21)) is None
    assert prefixes.tokens == 3 * 512
    assert full_of(1, 2, 3, 4, recorded=False).take(wanted(20, 21)) is None


def test_there_is_no_place_where_there_is_no_room() -> None:
    prefixes = full_of(1, 2)
    found = prefixes.take(wanted(20, 21, room=1024))
    assert found is not None
    assert found.parts == ()
    assert prefixes.tokens == 512


def test_one_that_read_a_single_part_is_used_before_those_that_could_share() -> None:
    prefixes = full_of(1, 2, 3)
    prefixes.keep(kept(5, recorded=True))
    for _ in range(3):
        found = prefixes.take(wanted(20))
        assert found is not None
        prefixes.keep(replace(found, parts=parts(20)))
    for name in (1, 2, 3):
        assert prefixes.take(wanted(name, 8)) is not None
    assert full_of(1).take(wanted(1)) is None, "of a single part there is none to share"
    prefixes = Prefixes()
    prefixes.keep(kept(5))
    assert prefixes.tokens == 0, "and where no step is recorded, nothing to keep it for"


def test_one_that_cannot_go_back_to_its_begin_makes_place_for_a_new_one() -> None:
    prefixes = full_of(1, 2, 3, 4, can=False)
    assert prefixes.take(wanted(20, 21)) is None
    assert prefixes.tokens == 3 * 512


def test_a_seed_is_not_repeated_by_a_used_generator() -> None:
    prefixes: Prefixes[Rewound] = Prefixes()
    seeded = replace(WARM, seed=7)
    prefixes.keep(kept(1, 2, profile=seeded))
    assert prefixes.take(wanted(1, 2, profile=seeded)) is None
    assert prefixes.tokens == 0


def test_a_model_that_cannot_go_back_gets_a_new_generator() -> None:
    prefixes: Prefixes[Rewound] = Prefixes()
    prefixes.keep(kept(1, 2, can=False))
    assert prefixes.take(wanted(1, 2)) is None
    assert prefixes.tokens == 0


def test_all_can_be_given_up() -> None:
    prefixes: Prefixes[Rewound] = Prefixes()
    for name in range(3):
        prefixes.keep(kept(name, 9))
    assert prefixes.tokens == 3 * 512
    prefixes.clear()
    assert prefixes.tokens == 0
