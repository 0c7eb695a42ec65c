"""What a model is asked about a camera's scene. Pure."""

from dataclasses import dataclass, replace

from agent.camera.settings import Camera
from agent.camera.values import Facts, Trigger
from agent.observed import Observed
from agent.prompt import Message, Prompt, PromptId, ReplyTo, Role, Sampling
from agent.units import Seconds, UnixSeconds

_PLACE = "{facts}"


@dataclass(frozen=True, slots=True)
class Sighting:
    """Something that was seen and is worth telling.

    Attributes:
        settings: What holds for the camera.
        trigger: Why it is worth telling.
        facts: What was seen.
        code: The text of the code that was held up, where it is the question; None: it may be none, or none was.
        shows: Whether the picture was asked for.
    """

    settings: Camera
    trigger: Trigger
    facts: Facts
    code: str | None = None
    shows: bool = False

    @property
    def question(self) -> str | None:
        """What the model is asked; None: no model runs."""
        match self.trigger:
            case Trigger.CONDITION:
                return None
            case Trigger.CODE:
                return self.code
            case _:
                return self.settings.prompt


def with_facts(facts: str, text: str) -> str:
    """A question with the facts, as text, before it: the form that the shipped model was trained on."""
    return f"Facts: {facts} {text}"


def filled(template: str, facts: str) -> str:
    """The configured question with the facts in their place; without a place they go before."""
    return template.replace(_PLACE, facts) if _PLACE in template else with_facts(facts, template)


def told_facts(sighting: Sighting) -> Facts:
    """The facts that go into the question: a code that is the question is not told once more."""
    return sighting.facts if sighting.code is None else replace(sighting.facts, codes=())


def prompt_of(  # noqa: PLR0913 - what a prompt consists of
    sighting: Sighting,
    prompt_id: PromptId,
    observed: Observed,
    *,
    facts: str,
    images: tuple[str, ...],
    topic: str,
    now: Seconds,
    wall: UnixSeconds,
) -> Prompt:
    """The prompt of a sighting that has a question.

    Args:
        sighting: What was seen.
        prompt_id: The observation's id.
        observed: What the answer is published with.
        facts: The facts in words.
        images: The picture as a data URL, where the model takes images.
        topic: `R/camera/<name>`.
        now: On the boot clock.
        wall: The same moment by the wall clock.
    """
    settings = sighting.settings
    text = filled(settings.prompt or "", facts) if sighting.code is None else with_facts(facts, sighting.code)
    system = () if settings.system is None else (Message(Role.SYSTEM, settings.system),)
    return Prompt(
        id=prompt_id,
        messages=(*system, Message(Role.USER, text, images)),
        sampling=Sampling(max_tokens=settings.max_tokens),
        reply_to=ReplyTo(topic),
        received=now,
        received_wall=wall,
        model=settings.model,
        priority=settings.priority,
        timeout=settings.timeout,
        observed=observed,
    )
