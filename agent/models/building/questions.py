"""A model's own questions, with their answers: JSON lines. Pure."""

import json
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from agent.errors import ConfigError

LONGEST_ANSWER = 128
"""Tokens: what is still being said then is not the answer."""


@dataclass(frozen=True, slots=True)
class Question:
    """One.

    Attributes:
        messages: Roles and texts, as a chat template takes them.
        answer: The only right one.
    """

    messages: tuple[tuple[str, str], ...]
    answer: str

    def is_right(self, said: str) -> bool:
        """Whether an answer is that one, but for white space around it."""
        return said.strip() == self.answer.strip()

    @property
    def chat(self) -> list[dict[str, str]]:
        """The messages as a chat template takes them."""
        return [{"role": role, "content": content} for role, content in self.messages]


class _Message(BaseModel):
    role: str
    content: str


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore")

    messages: list[_Message] = Field(min_length=2)


def parse_questions(text: str, where: str) -> tuple[Question, ...]:
    """Read `{"messages": [...]}` of each line: what comes before the first answer is asked, that answer is right.

    Args:
        text: The file's.
        where: What the error calls it.

    Raises:
        ConfigError: A line is none, or there is none at all.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            messages = TypeAdapter(_Line).validate_python(json.loads(line)).messages
        except (ValueError, ValidationError) as error:
            raise ConfigError(f'{where}:{number}: not a question: a line is {{"messages": [...]}}') from error
        until = next((at for at, message in enumerate(messages) if message.role == "assistant"), 0)
        if until == 0:
            raise ConfigError(f"{where}:{number}: a question is followed by the message of an assistant: the answer")
        asked = tuple((message.role, message.content) for message in messages[:until])
        found.append(Question(asked, messages[until].content))
    if not found:
        raise ConfigError(f"{where}: there is no question in it")
    return tuple(found)
