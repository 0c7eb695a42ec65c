"""What a request is given of the memory when others run."""

from collections.abc import Sequence

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


class CharacterChat(ChatEncoder):
    """A token for each character, and three around each conversation; a long text at once takes for ever."""

    def __init__(self) -> None:
        """Without a tokenizer."""
        self.read = self.longest = 0

    def encode(self, messages: Sequence[Message]) -> list[int]:
        """As it says."""
        text = "".join(message.content for message in messages)
        self.read, self.longest = self.read + len(text), max(self.longest, len(text))
        return [0, 0, *map(ord, text), 0]


FITTING = Fitting(NoChat(), longest_token=8, context_length=4096)


def request(available: int, answer: int, token: int = 10, workspace: int = 0) -> GenerationRequest:
    room = Room(Bytes(token), Bytes(available), 4096, Bytes(workspace))
    return GenerationRequest(PromptId("a"), (Message(Role.USER, ""),), Sampling(max_tokens=answer), room=room)


def text_request(*texts: str) -> GenerationRequest:
    return GenerationRequest(PromptId("a"), tuple(Message(Role.USER, text) for text in texts), Sampling(max_tokens=96))


@pytest.mark.parametrize("texts", [("x" * 1_000_000,), ("x" * 5_000,) * 200])
@pytest.mark.parametrize(("beside", "least"), [(0, "32,768"), (10_000, "34,576")])
def test_what_is_far_too_long_is_refused_without_being_encoded_as_a_whole(
    texts: tuple[str, ...], beside: int, least: str
) -> None:
    """What was read counts, half of it: the 16 parts of 4,096 tokens that are too many, or the 12 beside a picture."""
    chat = CharacterChat()
    fitting = Fitting(chat, longest_token=128, context_length=32_768)
    with pytest.raises(
        RejectedError, match=f"at least {least} tokens of prompt and 96 of answer do not fit"
    ) as refused:
        fitting.fit(text_request(*texts), chat.encode, beside)
    assert refused.value.code is ErrorCode.TOO_LARGE
    assert chat.longest <= 4096
    assert chat.read <= 2 * 32_768 + 4096


@pytest.mark.parametrize("length", [10, 30_000, 99_901])
def test_what_fits_is_encoded_as_a_whole(length: int) -> None:
    chat = CharacterChat()
    text = "".join(chr(97 + place % 26) for place in range(length))
    assert Fitting(chat, longest_token=128, context_length=100_000).encode(text_request(text)) == [
        0,
        0,
        *map(ord, text),
        0,
    ]


def test_what_does_not_quite_fit_is_counted_as_a_whole() -> None:
    with pytest.raises(RejectedError, match="99,905 tokens of prompt and 96 of answer do not fit"):
        Fitting(CharacterChat(), longest_token=128, context_length=100_000).encode(text_request("x" * 99_902))


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
