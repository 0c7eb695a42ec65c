"""What every engine must do that runs several requests at once, on its real model, in this process.

An answer depends on nothing that runs beside it, a cancelled one leaves the others alone, and nobody waits for anybody
else's whole prompt or answer.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.engine.pipe import EngineSpec
from agent.engine.protocol import Engine, Event, Finished, GenerationRequest, Outcome, Refused
from agent.prompt import Delta, FinishReason, PromptId
from tests.integration.engine.alike import Alike
from tests.integration.engine.hosting import PATIENCE, Hosting
from tests.integration.engine.test_conformance import ENDLESS, QUESTION, request

QUESTIONS = (QUESTION, "Facts: a cat, 03:10. Question: is it night?", "Who is there?", QUESTION * 4)


def named(wanted: GenerationRequest, name: str) -> GenerationRequest:
    return replace(wanted, id=PromptId(name))


def endless(name: str, max_tokens: int = 400) -> GenerationRequest:
    return named(request(max_tokens=max_tokens, json_schema=ENDLESS), name)


def long_prompt(engine: Engine, name: str, **sampling: Any) -> GenerationRequest:  # noqa: ANN401 - as `request`
    """Of many parts, all of them to be read."""
    engine.forget()
    words = "a " * (engine.capabilities().context_length // 8)
    return named(request(words, **{"max_tokens": 4, **sampling}), name)


def advance(engine: Engine, steps: int) -> list[Event]:
    return [event for _ in range(steps) for event in engine.step()]


def run_all(engine: Engine, requests: Iterable[GenerationRequest], events: Iterable[Event] = ()) -> dict[str, Outcome]:
    """Run them at once, to the end of the last."""
    ids = set()
    for wanted in requests:
        engine.admit(wanted)
        ids.add(wanted.id)
    told, outcomes = list(events), {}
    while True:
        for event in told:
            if not isinstance(event, Delta):
                assert event.id not in outcomes
                outcomes[event.id] = event
        if ids <= set(outcomes):
            return {str(name): outcome for name, outcome in outcomes.items()}
        told = list(engine.step())


def text(outcome: Outcome) -> str:
    assert isinstance(outcome, Finished), outcome
    return outcome.text


def end(engine: Engine, *names: str) -> None:
    for name in names:
        engine.cancel(PromptId(name))
    engine.step()
    assert not engine.step()


def test_answers_are_what_they_are_alone(several: Engine, alike: Alike) -> None:
    forms = [
        *(request(question, max_tokens=24) for question in QUESTIONS[:2]),
        request(QUESTIONS[2], max_tokens=16, temperature=3.0, seed=7, json_schema=ENDLESS),
        request(QUESTIONS[3], max_tokens=12, json_schema=ENDLESS),
    ]
    wanted = [named(form, f"{number}") for number, form in enumerate(forms)]

    def alone() -> list[str]:
        return [text(run_all(several, [one])[one.id]) for one in wanted]

    def together() -> list[str]:
        outcomes = run_all(several, wanted)
        assert len(outcomes) == len(wanted)
        return [text(outcomes[one.id]) for one in wanted]

    alone()  # and what it leaves of each
    alike(together, alone)


def test_deltas_are_in_order_for_each(several: Engine) -> None:
    for name in "abc":
        several.admit(endless(name))
    told: dict[str, list[int]] = {name: [] for name in "abc"}
    while min(map(len, told.values())) < 4:
        for event in several.step():
            assert isinstance(event, Delta)
            told[event.id].append(event.index)
    end(several, *"abc")
    assert all(indices == list(range(len(indices))) for indices in told.values())


def test_a_request_that_is_cancelled_leaves_the_others_alone(several: Engine, alike: Alike) -> None:
    wanted = named(request(max_tokens=24), "b")
    alike(lambda: [beside_cancelled_ones(several, wanted)], lambda: [text(run_all(several, [wanted])["b"])])


def beside_cancelled_ones(several: Engine, wanted: GenerationRequest) -> str:
    """What it is answered; its name is `b`."""
    several.admit(endless("a"))
    several.admit(wanted)
    several.admit(long_prompt(several, "c", max_tokens=400, json_schema=ENDLESS))
    events = advance(several, 6)
    several.cancel(PromptId("a"))
    several.cancel(PromptId("c"), FinishReason.DEADLINE)
    ending = several.step()
    reasons = {event.id: event.reason for event in ending if isinstance(event, Finished)}
    assert reasons[PromptId("a")] is FinishReason.CANCELLED
    assert reasons[PromptId("c")] is FinishReason.DEADLINE
    told = [event for event in [*events, *ending] if event.id == "b"]
    rest = [] if any(isinstance(event, Finished) for event in told) else advance_to_end(several, "b")
    (finished,) = [event for event in [*told, *rest] if isinstance(event, Finished)]
    assert not several.step()
    return finished.text


def advance_to_end(engine: Engine, name: str) -> list[Event]:
    events: list[Event] = []
    while not any(isinstance(event, Finished | Refused) and event.id == name for event in events):
        events += engine.step()
    return events


def test_all_get_on_alike(several: Engine, loader: str) -> None:
    if "edge_llm" in loader:
        pytest.skip("its library advances them as one batch, and the stand-in each on a thread of its own")
    for name in "abcd":
        several.admit(endless(name))
    tokens: Counter[str] = Counter()
    while min(tokens[name] for name in "abcd") < 12:
        several.step()
        advanced = several.advanced()
        if tokens or all(name in advanced and advanced[PromptId(name)].decode for name in "abcd"):
            tokens.update({str(name): it.decode for name, it in advanced.items()})
    end(several, *"abcd")
    assert max(tokens.values()) - min(tokens.values()) <= 1


async def test_several_through_the_process(several: Engine, alike: Alike, loader: str, model_dir: Path) -> None:
    """More prompts at once than the engine takes: each is answered as it is alone."""
    wanted = [named(request(f"Facts: {n} cats. Question: is it night?", max_tokens=16), f"{n}") for n in range(6)]
    hosted = Hosting(EngineSpec("edge-tiny", model_dir, loader, max_batch=4), PATIENCE, PATIENCE)
    async with hosted.running():
        assert (await hosted.host.ready()).max_batch == several.capabilities().max_batch
        tries = [await asyncio.gather(*map(hosted.outcome, wanted)) for _ in range(alike.tries)]
    through = iter(tries)
    alike(lambda: map(text, next(through)), lambda: [text(run_all(several, [one])[one.id]) for one in wanted])
