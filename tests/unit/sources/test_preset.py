"""What a route puts around a prompt."""

from typing import Any

import pytest

from agent.config import Route
from agent.errors import RejectedError
from agent.prompt import Message, Role
from agent.sources.preset import Preset
from agent.units import Seconds
from agent.wire import PromptFields

SYSTEM, USER, ASSISTANT = Role.SYSTEM, Role.USER, Role.ASSISTANT
HI = PromptFields(messages=(Message(USER, "hi"),))


def _preset(schema: str | None = None, **route: Any) -> Preset:  # noqa: ANN401 - the fields of a Route
    return Preset("triage", Route(**route), schema)


def test_an_empty_route_changes_nothing() -> None:
    assert _preset().apply(HI) == HI


def test_the_system_message_comes_first() -> None:
    assert _preset(system="Be short.").apply(HI).messages == (Message(SYSTEM, "Be short."), Message(USER, "hi"))


def test_the_template_takes_the_text_as_it_is() -> None:
    preset = _preset(template="<{prompt}> {json} {prompt}")
    fields = PromptFields(messages=(Message(USER, "{prompt} {0} {x!r}"),))
    (message,) = preset.apply(fields).messages
    assert message.content == "<{prompt} {0} {x!r}> {json} {prompt} {0} {x!r}"


def test_the_template_is_for_the_last_user_message() -> None:
    turns = (Message(USER, "one"), Message(ASSISTANT, "1"), Message(USER, "two"), Message(ASSISTANT, "2"))
    changed = _preset(template="[{prompt}]").apply(PromptFields(messages=turns)).messages
    assert changed == (*turns[:2], Message(USER, "[two]"), turns[3])


def test_a_template_without_a_user_message_to_put_into_it() -> None:
    with pytest.raises(RejectedError, match="/messages: the route triage has a template"):
        _preset(template="[{prompt}]").apply(PromptFields(messages=(Message(SYSTEM, "x"),)))


@pytest.mark.parametrize(
    ("field", "of_route", "of_sender"),
    [
        ("max_tokens", 32, 64),
        ("priority", 5, 0),
        ("model", "small", "large"),
    ],
)
def test_what_the_sender_says_counts(field: str, of_route: Any, of_sender: Any) -> None:  # noqa: ANN401 - columns of a table
    preset = _preset(**{field: of_route})
    assert getattr(preset.apply(HI), field) == of_route
    said = PromptFields(messages=HI.messages, **{field: of_sender})
    assert getattr(preset.apply(said), field) == of_sender


def test_the_timeout_likewise() -> None:
    preset = _preset(timeout="5s")
    assert preset.apply(HI).timeout == 5.0
    assert preset.apply(PromptFields(messages=HI.messages, timeout=Seconds(60.0))).timeout == 60.0


def test_the_routes_schema_is_for_all() -> None:
    preset = _preset(schema='{"type":"object"}')
    assert preset.apply(HI).json_schema == '{"type":"object"}'
    with pytest.raises(RejectedError, match="/response_format: the route triage has its own schema"):
        preset.apply(PromptFields(messages=HI.messages, json_schema='{"type":"string"}'))


def test_a_route_without_schema_leaves_the_senders() -> None:
    fields = PromptFields(messages=HI.messages, json_schema='{"type":"string"}')
    assert _preset().apply(fields) == fields
