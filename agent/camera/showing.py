"""What cameras see, put into a prompt when it is answered: a picture for a model that takes images, else the facts.

Not before: only then is it known which model answers, and what is seen then is what a person asks about.
"""

import base64
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from agent.camera.asking import with_facts
from agent.camera.first_looks import FirstLooks
from agent.camera.values import CameraName, Facts, Picture
from agent.errors import EngineWithdrawnError, ErrorCode, RejectedError
from agent.prompt import Message, Prompt, Role
from agent.units import Seconds

RETRY_AFTER = Seconds(5.0)
"""When a camera that gives no picture may give one again."""


def data_url(picture: Picture) -> str:
    """A picture as models are given it (RFC 2397)."""
    return f"data:image/jpeg;base64,{base64.b64encode(picture.jpeg).decode()}"


class Showing:
    """Puts into prompts what cameras see.

    Args:
        first_looks: Waits for cameras that are still being opened.
        picture: The latest picture of a camera; raises `RejectedError`.
        facts: What is known of its scene; raises `RejectedError`.
        describe: Facts in words.
    """

    def __init__(
        self,
        first_looks: FirstLooks,
        *,
        picture: Callable[[CameraName], Awaitable[Picture]],
        facts: Callable[[CameraName], Facts],
        describe: Callable[[Facts], str],
    ) -> None:
        self._first_looks = first_looks
        self._picture = picture
        self._facts = facts
        self._describe = describe

    def stop(self) -> None:
        """The cameras are about to be stopped: what they do not show any more is not their fault."""
        self._first_looks.stop()

    async def show(self, prompt: Prompt, takes_images: bool) -> Prompt:  # noqa: FBT001 - `answering.Show`
        """The prompt as the model is to get it.

        Args:
            prompt: Any prompt; of a camera's own only the picture is left out, for a model that does not take it.
            takes_images: Whether the model that answers does.

        Raises:
            RejectedError: A camera that it names has nothing to show now.
            EngineWithdrawnError: Likewise, but as the agent stops: the prompt is to wait for the next start.
        """
        if prompt.observed is not None:
            return prompt if takes_images else _without_images(prompt)
        if not prompt.cameras:
            return prompt
        names = [CameraName(name) for name in prompt.cameras]
        await self._first_looks.wait(names, prompt.deadline)
        try:
            return await self._with_seen(prompt, names, takes_images=takes_images)
        except RejectedError as error:
            if self._first_looks.has_stopped:
                raise EngineWithdrawnError("the agent stops") from error
            raise

    async def _with_seen(self, prompt: Prompt, names: Sequence[CameraName], *, takes_images: bool) -> Prompt:
        if takes_images:
            urls = [data_url(await self._picture(name)) for name in names]
            return _in_last_user_message(prompt, lambda it: replace(it, images=(*it.images, *urls)))
        facts = " ".join(self._describe(self._facts(name)) for name in names)
        return _in_last_user_message(prompt, lambda it: replace(it, content=with_facts(facts, it.content)))


def nothing_to_show(camera: str, why: str) -> RejectedError:
    """What a sender is told whose prompt names a camera that has no picture."""
    return RejectedError(ErrorCode.NO_PICTURE, f"camera {camera} has no picture now: {why}", retry_after_s=RETRY_AFTER)


def _without_images(prompt: Prompt) -> Prompt:
    return replace(prompt, messages=tuple(replace(message, images=()) for message in prompt.messages))


def _in_last_user_message(prompt: Prompt, change: Callable[[Message], Message]) -> Prompt:
    last = max(index for index, message in enumerate(prompt.messages) if message.role is Role.USER)
    return replace(
        prompt, messages=(*prompt.messages[:last], change(prompt.messages[last]), *prompt.messages[last + 1 :])
    )
