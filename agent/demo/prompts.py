"""What the demo asks: one prompt for each job that the model which ships can do."""

from dataclasses import dataclass

from agent.wire.request import PromptPayload


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt with a title for the person who watches."""

    title: str
    text: str
    schema: dict[str, object] | None = None

    def payload(self) -> PromptPayload:
        """As it is sent."""
        prompt = {"prompt": self.text}
        if self.schema is None:
            return PromptPayload.model_validate(prompt)
        response_format = {"type": "json_schema", "json_schema": {"schema": self.schema}}
        return PromptPayload.model_validate({**prompt, "response_format": response_format})


_SIGHTING_SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {"people": {"type": "integer"}, "dog": {"type": "boolean"}, "time": {"type": "string"}},
    "required": ["people", "dog", "time"],
    "additionalProperties": False,
}

QUESTIONS = (
    Question(
        "Facts of a camera, in a sentence",
        "Facts: two people and a dog at the door, 22:40. Describe this in one sentence.",
    ),
    Question(
        "A yes-or-no question about them",
        "Facts: two people and a dog at the door, 22:40. Question: is there an animal?",
    ),
    Question(
        "One that the facts do not answer",
        "Facts: a white van at the gate, 06:12. Question: what is the licence plate?",
    ),
    Question(
        "Fields as JSON, held to a JSON Schema",
        "Facts: two people and a dog at the door, 22:40. Extract people (integer), dog (boolean), time as JSON.",
        _SIGHTING_SCHEMA,
    ),
    Question(
        "The device's own telemetry",
        "Telemetry: power 11.2 W, budget 12 W, GPU 61 °C, memory 3.1 of 7.4 GB. "
        "Question: is the device over its power budget?",
    ),
    Question("What it is", "What can you do?"),
)
