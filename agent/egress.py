"""What may leave the device: nothing, except what the configuration says. Pure.

Asked twice: when a prompt arrives, so that its sender knows at once, and right before it is sent, because the
configuration may be another one by then, and what its cameras see is in it. What the device answers in the place of a
server leaves nothing.
"""

from collections.abc import Mapping

from agent.config import Upstream
from agent.errors import ErrorCode, RejectedError
from agent.prompt import Prompt


class Egress:
    """The rules of one configuration.

    Args:
        upstreams: The models that run on servers.
    """

    def __init__(self, upstreams: Mapping[str, Upstream]) -> None:
        self._rules = {model: upstream.may_leave for model, upstream in upstreams.items()}

    @property
    def models(self) -> tuple[str, ...]:
        """The names of the models upstream, as the configuration has them."""
        return tuple(self._rules)

    def check(self, prompt: Prompt) -> None:
        """Let a prompt pass that stays, or may leave.

        Raises:
            RejectedError: It may not leave.
        """
        rule = None if prompt.model is None else self._rules.get(prompt.model)
        if rule is None:
            return
        if prompt.observed is None and not (rule.prompts if prompt.route is None else prompt.route in rule.routes):
            whose = "prompts without a route" if prompt.route is None else f"prompts of the route {prompt.route}"
            raise _forbidden(whose, prompt.model)
        for camera in prompt.cameras if prompt.observed is None else (prompt.observed.camera,):
            if camera not in rule.cameras:
                raise _forbidden(f"what camera {camera} sees", prompt.model)
        if prompt.has_images and not rule.images:
            raise _forbidden("images", prompt.model)


def _forbidden(what: str, model: str | None) -> RejectedError:
    return RejectedError(ErrorCode.UNSUPPORTED, f"{what} may not leave the device for {model} (upstreams: may_leave)")
