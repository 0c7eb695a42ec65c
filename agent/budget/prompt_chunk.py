"""How many tokens of a prompt an engine reads in one step. Pure, and the one owner of that number.

More at once keep a GPU busy, and take more workspace. A request is cancelled, and a deadline holds, between two steps.
"""

from collections.abc import Callable

from agent.units import Seconds

LEAST_CHUNK = 64
"""On a processor, which more at once make no faster; and where memory is short. Also what hardly any prompt is shorter
than."""
MOST_CHUNK = 4096
"""On a GPU: each step costs one of a data centre 7 ms, whatever it reads, as it makes floats of all weights anew."""
LONGEST_READ = Seconds(1.0)
"""That a step may take at the begin of a context, where it can be measured: so late may the end of a request be."""
RESERVED_SHARE = 1 / 8
"""Of the memory that weights leave, on a GPU: for the workspace rather than for a longer context."""


def largest_chunk(spare: int, workspace: Callable[[int], int]) -> int:
    """The largest power of two whose workspace there is room for; at least `LEAST_CHUNK`.

    Args:
        spare: Bytes that it may take.
        workspace: The bytes for so many tokens.
    """
    chunk = MOST_CHUNK
    while chunk > LEAST_CHUNK and workspace(chunk) > spare:
        chunk //= 2
    return chunk


def part_of(chunk: int, batch: int) -> int:
    """Tokens that each of several requests reads in its own step: each keeps its workspace until it generates.

    Args:
        chunk: For all of them together.
        batch: Requests at once.
    """
    return max(LEAST_CHUNK, chunk // batch)


def read_in_time(part: int, rate: float) -> int:
    """A part that takes `LONGEST_READ` at most: halved until it does; at least `LEAST_CHUNK`.

    Args:
        part: Tokens, as many as there is workspace for.
        rate: Tokens that are read in a second.
    """
    while part > LEAST_CHUNK and part > rate * LONGEST_READ:
        part = max(LEAST_CHUNK, part // 2)
    return part
