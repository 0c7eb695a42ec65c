"""Shows the prompts, replies and observations that pass by while the demo stays up."""

import json

from agent.client import AgentClient, Received
from agent.demo.agent_process import PREFIX
from agent.demo.camera import CAMERA, Observation, Watch
from agent.demo.view import View


def echo(client: AgentClient, watch: Watch, view: View) -> None:
    """From now on, whenever the client waits, show what is said on the agent's topics."""

    def show(message: Received) -> None:
        if not message.topic.endswith("/stream"):
            view.line(f"{message.topic}", "dim")
            view.paragraph(gist(message.payload))

    def show_observation(observation: Observation) -> None:
        view.line(f"{PREFIX}/camera/{CAMERA}", "dim")
        view.paragraph(observation.text)
        view.paragraph(observation.note, "dim")

    watch.tell(show_observation)
    client.listen(f"{PREFIX}/prompt/#", show)  # which matches the topic without a level below it, too
    client.listen(f"{PREFIX}/reply/#", show)


def gist(payload: bytes) -> str:
    """What is said: the prompt, the answer, the error; the payload itself when it is none of them."""
    text = payload.decode("utf-8", errors="replace")
    try:
        said = json.loads(text)
    except ValueError:
        return text
    match said:
        case {"prompt": str(words)} | {"messages": [*_, {"content": str(words)}]}:
            return words
        case {"choices": [{"message": {"content": str(words)}}]}:
            return words
        case {"error": {"code": str(code), "message": str(words)}}:
            return f"{code}: {words}"
        case _:
            return text
