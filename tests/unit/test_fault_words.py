"""Words for what is wrong with a value: none of pydantic's own."""

import json
from collections.abc import Iterator

import pytest
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from agent.config import Config
from agent.config_file.tree import ANY_NAME, ANY_PLACE, keys
from agent.config_file.words import words_for
from agent.fault_words import fault_in_words
from agent.wire.command import COMMAND
from agent.wire.request import PromptPayload

ODD: tuple[object, ...] = (
    None,
    True,
    -5,
    0,
    1.5,
    10**30,
    float("nan"),
    float("inf"),
    "x",
    "",
    "x" * 10_000,
    [],
    [5],
    {},
    {"a": 5},
)
OF_PYDANTIC = ("Input", "should", "valid", "Field ", "Value error", "ctx")


def _placed(path: tuple[str, ...], value: object) -> object:
    for part in reversed(path):
        value = [value] if part == ANY_PLACE else {"a" if part == ANY_NAME else part: value}
    return value


def _problems(model: type[BaseModel], document: object) -> Iterator[ErrorDetails]:
    try:
        model.model_validate_json(json.dumps(document), strict=True)
    except ValidationError as error:
        yield from error.errors(include_url=False)


@pytest.mark.parametrize("value", ODD, ids=lambda value: str(value)[:8])
def test_what_is_wrong_with_a_key_is_in_our_words(value: object) -> None:
    said = [
        words_for(tuple(part for part in problem["loc"] if part != "[key]"), problem)
        for key in keys()
        for problem in _problems(Config, _placed(key.path, value))
    ]
    assert said
    assert [text for text in said if any(word in text for word in OF_PYDANTIC)] == []


@pytest.mark.parametrize("value", ODD[1:], ids=lambda value: str(value)[:8])
def test_what_is_wrong_with_a_prompt_is_in_our_words(value: object) -> None:
    fields = [name for name in PromptPayload.model_fields if name != "prompt"]
    said = [
        fault_in_words(problem) for name in fields for problem in _problems(PromptPayload, {"prompt": "a", name: value})
    ]
    assert said
    assert [text for text in said if any(word in text for word in OF_PYDANTIC)] == []


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"command": "explode"}, "must be one of 'set_budget', 'load_model'"),
        ({"command": "set_budget", "id": "a", "watts": 0}, "must be more than 0"),
        ({"command": "set_budget", "id": "a", "watts": 10_001}, "must be at most 10000"),
        ([], "must be an object"),
    ],
)
def test_what_is_wrong_with_a_command(document: object, said: str) -> None:
    with pytest.raises(ValidationError) as error:
        COMMAND.validate_json(json.dumps(document))
    assert fault_in_words(error.value.errors()[0]).startswith(said)
