"""What a request is given of the memory when others run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.budget.admission import Room
from agent.engine.chat import ChatEncoder
from agent.engine.fitting import Fitting, Taken
from agent.engine.protocol import GenerationRequest
from agent.errors import ErrorCode, RejectedError
from agent.prompt import Message, PromptId, Role, Sampling
from agent.units import Bytes


class NoChat(ChatEncoder):
    """Encodes nothing."""

    def __init__(self) -> None:
        """Without a tokenizer."""


FITTING = Fitting(NoChat(), longest_token=8, context_length=4096)


def request(available: int, answer: int, token: int = 10, workspace: int = 0) -> GenerationRequest:
    room = Room(Bytes(token), Bytes(available), 4096, Bytes(workspace))
    return GenerationRequest(PromptId("a"), (Message(Role.USER, ""),), Sampling(max_tokens=answer), room=room)


def test_it_waits_for_what_others_have() -> None:
    wanted = request(10_000, answer=300)
    assert FITTING.room(wanted, 100) == 1000
    assert FITTING.room(wanted, 100, Taken(600, 1)) == 400
    assert FITTING.room(wanted, 100, Taken(601, 1)) is None
    assert FITTING.room(request(10_000, answer=300, workspace=1), 100, Taken(600, 1)) is None


def test_alone_it_is_told() -> None:
    with pytest.raises(RejectedError) as refused:
        FITTING.room(request(3_999, answer=300), 100)
    assert refused.value.code is ErrorCode.DOES_NOT_FIT
    assert FITTING.room(request(3_999, answer=300), 100, Taken(16, 1)) is None


@given(
    st.integers(0, 10**6),
    st.integers(1, 100),
    st.integers(0, 1000),
    st.lists(st.integers(1, 2000), max_size=12),
)
def test_all_that_are_begun_have_room_together(available: int, token: int, workspace: int, sizes: list[int]) -> None:
    """Whoever comes, in whatever order, before memory shows what the ones before have been promised."""
    begun: list[int] = []
    for size in sizes:
        try:
            room = FITTING.room(request(available, size, token, workspace), 0, Taken(sum(begun), len(begun)))
        except RejectedError:
            assert not begun
            continue
        if room is not None:
            assert room >= size
            begun.append(size)
        assert sum(begun) * token + max(0, len(begun) - 1) * workspace <= available
