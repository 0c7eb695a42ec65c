"""What the engine on onnxruntime-genai does step by step when several requests run: it alone reads prompts itself."""

from dataclasses import replace

from agent.budget.admission import Room
from agent.engine.protocol import Engine, Finished, Refused
from agent.errors import ErrorCode
from agent.prompt import PromptId
from agent.units import Bytes
from tests.integration.engine.test_conformance import request
from tests.integration.engine.test_conformance_several import (
    advance,
    advance_to_end,
    end,
    endless,
    long_prompt,
    named,
    run_all,
)

ENGINES = ("ort_genai",)


def test_a_long_prompt_does_not_stop_the_others(several: Engine) -> None:
    several.admit(endless("a"))
    while not any(tokens.decode for tokens in several.advanced().values()):
        several.step()
    several.admit(long_prompt(several, "b"))
    parts, since = 0, 1
    while True:
        several.step()
        advanced = several.advanced()
        if PromptId("b") in advanced and advanced[PromptId("b")].decode:
            break
        if PromptId("b") in advanced:
            assert since, "two parts of a prompt without a token of the other between them"
            parts, since = parts + 1, 0
        since += PromptId("a") in advanced
    end(several, *"ab")
    assert parts > 4


def test_a_short_prompt_does_not_wait_for_a_long_one(several: Engine) -> None:
    several.admit(long_prompt(several, "a"))
    several.admit(named(request("Hi", max_tokens=4), "b"))
    events = advance_to_end(several, "b")
    assert {event.id for event in events} == {"b"}
    end(several, "a")


def test_they_share_the_memory_and_wait_for_one_another(several: Engine) -> None:
    """Room for two of four: two wait, and all are answered."""
    prompt = run_all(several, [named(request(max_tokens=1), "p")])["p"]
    assert isinstance(prompt, Finished)
    each = -(-(prompt.usage.prompt_tokens + 300) // 512) * 512  # some take a little more than they need
    several.forget()
    room = Room(Bytes(1000), Bytes(2 * each * 1000), 4096)
    wanted = [replace(endless(name, 300), room=room) for name in "abcd"]
    for one in wanted:
        several.admit(one)
    begun: set[str] = set()
    while not several.step():
        pass
    for _ in range(20):
        several.step()
        begun |= set(several.advanced())
        assert several.kept() * 1000 <= room.available
    assert begun == {"a", "b"}
    several.cancel(PromptId("c"))
    several.cancel(PromptId("a"))
    ended = [event.id for event in several.step() if isinstance(event, Finished)]
    assert sorted(ended) == ["a", "c"]
    for _ in range(20):
        several.step()
        begun |= set(several.advanced())
    assert begun == {"a", "b", "d"}
    end(several, *"bd")


def test_what_does_not_even_fit_alone_is_refused_once_it_is_alone(several: Engine) -> None:
    several.admit(endless("a"))
    several.step()
    several.admit(replace(endless("b"), room=Room(Bytes(1000), Bytes(1000), 4096)))
    events = [*advance(several, 3)]
    assert all(event.id == "a" for event in events)
    several.cancel(PromptId("a"))
    (refused,) = [event for event in several.step() if isinstance(event, Refused)]
    assert refused.id == "b"
    assert refused.code is ErrorCode.DOES_NOT_FIT
    assert refused.retry_after is not None
    assert not several.step()
