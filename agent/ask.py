"""`jetson-agent ask`: one question, its answer as it is written, and what it took."""

import os
import sys

import typer
from pydantic import ValidationError

from agent.client import AgentClient, Answer, AskError, RefusedError
from agent.config import Broker
from agent.errors import StopError
from agent.printable import printable
from agent.units import Seconds
from agent.wire.request import PromptPayload


class OutputError(StopError):
    """The answer could not be written: exit code 74, `EX_IOERR` of sysexits.h."""

    exit_code = 74


def ask_and_print(broker: Broker, prefix: str, question: str, timeout: Seconds, *, as_json: bool) -> None:
    """Answer on the standard output; a line about tokens and times, for a person only, on the error output.

    Args:
        broker: The broker of the agent.
        prefix: `R` of the agent's topics.
        question: What to ask.
        timeout: How long the answer may take.
        as_json: Print the reply as it came, also when it is an error, and nothing else.

    Raises:
        AskError: There is no answer; the message says why.
        OutputError: It could not be written; likewise.
    """
    try:
        prompt = PromptPayload(prompt=question)
    except ValidationError as error:
        raise AskError("the question is empty") from error
    with AgentClient(broker, prefix) as client:
        if as_json:
            _write(_reply_of(client, prompt, timeout) + "\n")
            return
        answer = client.ask(prompt, timeout, _show)
    _write("\n")
    typer.secho(what_it_took(answer), dim=True, err=True)


def what_it_took(answer: Answer) -> str:
    """`17 tokens, 31.1 tokens/s, first after 95 ms, all after 640 ms`, and why it ended when it was not the model."""
    usage, timing = answer.completion.usage, answer.completion.timing
    parts = [f"{usage.completion_tokens} tokens"]
    if timing.decode_tokens_per_s is not None:
        parts.append(f"{timing.decode_tokens_per_s:g} tokens/s")
    if timing.ttft_ms is not None:
        parts.append(f"first after {timing.ttft_ms} ms")
    parts.append(f"all after {timing.total_ms} ms")
    finish_reason = answer.completion.choices[0].finish_reason
    if finish_reason != "stop":
        parts.append(f"ended by {finish_reason}")
    return ", ".join(parts)


def _reply_of(client: AgentClient, prompt: PromptPayload, timeout: Seconds) -> str:
    try:
        return client.ask(prompt, timeout, lambda _: None).payload.decode()
    except RefusedError as error:
        _write(error.payload.decode() + "\n")
        raise


def _show(text: str) -> None:
    _write(printable(text))


def _write(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:  # who read it has enough: typer ends the command without a word
        raise
    except OSError as error:
        # What is left in the buffer is not to be tried again at the exit, which would complain of it once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise OutputError(f"the answer could not be written: {error.strerror}") from error
