"""Prompts of exactly so many tokens."""

import pytest

from agent.bench.prompts import Wording, find_wording
from agent.errors import StopError

TEMPLATE = 13


class Tokenizer:
    """Counts words; some of them are two tokens.

    Args:
        long: Those.
    """

    def __init__(self, *long: str) -> None:
        self._long = long
        self.asked = 0

    async def count(self, text: str) -> int:
        self.asked += 1
        return TEMPLATE + sum(2 if word in self._long else 1 for word in text.split())


async def test_words_that_are_a_token_each_are_found_with_two_prompts() -> None:
    tokenizer = Tokenizer()
    wording = await find_wording(tokenizer.count)
    assert wording.base == TEMPLATE + 1
    assert tokenizer.asked == 2
    for tokens in (14, 15, 100, 4000):
        assert await tokenizer.count(wording.prompt(tokens, "x")) == tokens


async def test_words_that_are_not_are_left_out() -> None:
    tokenizer = Tokenizer("door", "road")
    wording = await find_wording(tokenizer.count)
    assert not {"door", "road"} & set(wording.words)
    assert await tokenizer.count(wording.prompt(500, "x")) == 500


async def test_a_tokenizer_without_words_is_told_of() -> None:
    async def letters(text: str) -> int:
        return len(text)

    with pytest.raises(StopError, match="no English words"):
        await find_wording(letters)


async def test_prompts_begin_differently_and_come_again() -> None:
    wording: Wording = await find_wording(Tokenizer().count)
    prompts = [wording.prompt(64, f"{number}") for number in range(200)]
    assert len({tuple(prompt.split()[:8]) for prompt in prompts}) == 200
    assert wording.prompt(64, "0") == prompts[0]
