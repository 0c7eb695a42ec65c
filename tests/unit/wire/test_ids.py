"""UUIDv7, by RFC 9562."""

import re
import uuid
from itertools import count

import pytest

from agent.wire import new_id


def test_the_example_of_the_rfc() -> None:
    """RFC 9562, appendix A.6: 2022-02-22 14:22:22 GMT-05:00."""
    bits = {12: 0xCC3, 62: 0x18C4DC0C0C07398F}
    assert new_id(wall_ms=lambda: 0x17F22E279B0, random_bits=bits.__getitem__) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@pytest.mark.parametrize("fill", [0, -1])
def test_version_and_variant_whatever_the_random_bits(fill: int) -> None:
    made = uuid.UUID(new_id(wall_ms=lambda: 2**48 - 1, random_bits=lambda count: fill & (2**count - 1)))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)


def test_ids_are_legal_distinct_and_sort_by_time() -> None:
    times = count(1_700_000_000_000)
    made = [new_id(wall_ms=times.__next__) for _ in range(100)]
    assert made == sorted(set(made))
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", it) for it in made)
