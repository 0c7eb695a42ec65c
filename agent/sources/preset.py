"""What a route puts around the prompts that come through it."""

from dataclasses import dataclass, replace

from agent.config import Route
from agent.errors import ErrorCode, RejectedError
from agent.prompt import Message, Role
from agent.wire import PromptFields

_PLACE = "{prompt}"


@dataclass(frozen=True, slots=True)
class Preset:
    """One route of the configuration, with its schema read.

    Attributes:
        name: The last level of its topic.
        route: What it sets.
        schema: The text of the JSON Schema that its answers follow; None: they are free.
    """

    name: str
    route: Route
    schema: str | None

    def apply(self, fields: PromptFields) -> PromptFields:
        """Complete what a sender asked for. What the sender says itself counts, but for the schema.

        A route with a schema promises its readers answers of that form, so a sender cannot ask for another.

        Raises:
            RejectedError: The sender asked for another form, or there is no place for the template.
        """
        if self.schema is not None and fields.json_schema is not None:
            raise RejectedError(
                ErrorCode.INVALID_REQUEST, f"/response_format: the route {self.name} has its own schema"
            )
        route = self.route
        return replace(
            fields,
            messages=self._messages(fields.messages),
            json_schema=self.schema if self.schema is not None else fields.json_schema,
            max_tokens=fields.max_tokens if fields.max_tokens is not None else route.max_tokens,
            timeout=fields.timeout if fields.timeout is not None else route.timeout,
            priority=fields.priority if fields.priority is not None else route.priority,
            model=fields.model if fields.model is not None else route.model,
        )

    def _messages(self, messages: tuple[Message, ...]) -> tuple[Message, ...]:
        if self.route.template is not None:
            messages = self._fill(self.route.template, messages)
        if self.route.system is not None:
            messages = (Message(Role.SYSTEM, self.route.system), *messages)
        return messages

    def _fill(self, template: str, messages: tuple[Message, ...]) -> tuple[Message, ...]:
        """Put the last user message into the template. `str.format` would read the sender's braces, too."""
        for index in reversed(range(len(messages))):
            if messages[index].role is Role.USER:
                filled = replace(messages[index], content=template.replace(_PLACE, messages[index].content))
                return (*messages[:index], filled, *messages[index + 1 :])
        raise RejectedError(
            ErrorCode.INVALID_REQUEST, f"/messages: the route {self.name} has a template, and there is no user message"
        )
