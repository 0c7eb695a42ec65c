"""What is left of a prompt that the engine gives back."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.accounting import EnergyAccounting
from agent.answering import Answering, show_nothing
from agent.clock import Clock
from agent.config import Upstream
from agent.egress import Egress
from agent.engine.host import EngineHost, EngineSpec
from agent.engine.protocol import Capabilities, Finished, GenerationRequest, Outcome
from agent.errors import EngineLostError, ErrorCode
from agent.journal import Claimed
from agent.prompt import (
    Completion,
    Delta,
    Failure,
    FinishReason,
    Message,
    Prompt,
    PromptId,
    ReplyTo,
    Role,
    Sampling,
    Usage,
)
from agent.units import Seconds
from tests.unit.test_accounting import power

CLOCK = Clock.of_this_machine()
MODEL = Capabilities("model", context_length=100, max_batch=1, guidance=True)
SEES = replace(MODEL, vision=True)
PROMPT = Prompt(
    PromptId("a"),
    (Message(Role.USER, "?"),),
    Sampling(),
    ReplyTo("to/a"),
    received=CLOCK.now(),
    received_wall=CLOCK.wall(),
)


class LostEngine(EngineHost):
    """Loses each request."""

    def __init__(self) -> None:
        super().__init__(
            EngineSpec("model", Path(), ""), load_timeout=Seconds(1), step_timeout=Seconds(1), on_event=lambda _: None
        )

    @property
    def capabilities(self) -> Capabilities:
        return MODEL

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[Delta | Outcome, None]:
        yield Delta(request.id, 0, "Ye")
        raise EngineLostError("gone")


class SeeingEngine(EngineHost):
    """Answers "yes" to each request, on the device."""

    def __init__(self) -> None:
        super().__init__(
            EngineSpec("model", Path(), ""), load_timeout=Seconds(1), step_timeout=Seconds(1), on_event=lambda _: None
        )

    @property
    def capabilities(self) -> Capabilities:
        return SEES

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[Delta | Outcome, None]:
        now = CLOCK.now()
        yield Finished(request.id, FinishReason.STOP, "yes", Usage(1, 1), now, now)


async def _show_a_picture(prompt: Prompt, _takes_images: bool) -> Prompt:  # noqa: FBT001 - as in `Show`
    return replace(prompt, messages=(Message(Role.USER, "?", ("data:image/jpeg;base64,/9g=",)),))


async def test_what_may_not_leave_is_shown_to_the_devices_own_model_that_stands_in_for_a_server() -> None:
    upstream = Upstream.model_validate(
        {"url": "https://nim.local/v1", "may_leave": {"prompts": True, "cameras": ["door"]}, "when_away": "local"}
    )
    answering = Answering(
        SeeingEngine(),
        clock=CLOCK,
        publish_lossy=lambda _: None,
        energy=EnergyAccounting(is_loaded=lambda: True),
        egress=Egress({"cloud": upstream}),
        stands_in_for={"cloud"},
        show=_show_a_picture,
    )
    asked = Claimed(replace(PROMPT, model="cloud", cameras=("door",)), claims=1, engine_losses=0)
    reply = await answering.reply(asked, SEES, room=lambda: None, is_cancelled=lambda: False)
    assert isinstance(reply, Completion)
    assert reply.text == "yes"


@pytest.mark.parametrize(("names", "upstream"), [((), "none"), (("big", "bigger"), "big, bigger")])
async def test_a_model_that_is_not_there_is_told_with_those_that_are(names: tuple[str, ...], upstream: str) -> None:
    answering = Answering(
        SeeingEngine(),
        clock=CLOCK,
        publish_lossy=lambda _: None,
        energy=EnergyAccounting(is_loaded=lambda: True),
        egress=Egress({name: Upstream(url="https://nim.local/v1") for name in names}),
        stands_in_for=(),
        show=show_nothing,
    )
    asked = Claimed(replace(PROMPT, model="bog"), claims=1, engine_losses=0)
    reply = await answering.reply(asked, SEES, room=lambda: None, is_cancelled=lambda: False)
    assert isinstance(reply, Failure)
    assert reply.code is ErrorCode.MODEL_NOT_FOUND
    assert reply.message == f"bog is not loaded; model is. Models upstream: {upstream}"


async def test_a_prompt_that_is_put_back_does_not_keep_the_machine_from_being_idle() -> None:
    energy = EnergyAccounting(is_loaded=lambda: True)
    answering = Answering(
        LostEngine(),
        clock=CLOCK,
        publish_lossy=lambda _: None,
        energy=energy,
        egress=Egress({}),
        stands_in_for=(),
        show=show_nothing,
    )
    energy.sampled(power(0.0, 5.0))
    energy.sampled(power(0.2, 5.0))
    with pytest.raises(EngineLostError):
        await answering.reply(
            Claimed(PROMPT, claims=1, engine_losses=0), MODEL, room=lambda: None, is_cancelled=lambda: False
        )
    for second in range(1, 200):
        energy.sampled(power(second, 7.0))
    totals = energy.totals
    assert totals is not None
    assert totals.floor == pytest.approx(7000, rel=0.01)
