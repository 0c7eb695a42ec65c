"""`python -m agent.models.building.measure_built FOLDER --output FILE …`: a built model, by onnxruntime-genai.

In a process of its own: the library aborts it when something is missing, and reports to its vendor unless told not to
before it is imported.
"""

import json
import os
from pathlib import Path
from typing import Any

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import numpy as np
import onnxruntime_genai as og

from agent.models.building.accuracy import Measured
from agent.models.building.measuring import Task, new_parser, task_of
from agent.models.building.questions import LONGEST_ANSWER, Question


class BuiltModel:
    """One loaded model.

    Args:
        folder: With its `genai_config.json`.
    """

    def __init__(self, folder: Path) -> None:
        self._model: Any = og.Model(str(folder))
        self._tokenizer: Any = og.Tokenizer(self._model)

    def nats(self, window: list[int]) -> float:
        """The sum of -log p of all tokens but the first."""
        generator = self._generator(len(window) + 1)
        generator.append_tokens(np.array(window, dtype=np.int32))
        logits = generator.get_output("logits")[0, :-1].astype(np.float64)
        highest = logits.max(axis=-1)
        whole = highest + np.log(np.exp(logits - highest[:, None]).sum(axis=-1))
        return float((whole - logits[np.arange(len(logits)), window[1:]]).sum())

    def answer(self, question: Question) -> str:
        """The greedy answer, with the prompt as the engine would write it."""
        prompt = self._tokenizer.apply_chat_template(json.dumps(question.chat), add_generation_prompt=True)
        tokens = self._tokenizer.encode(prompt)
        generator = self._generator(len(tokens) + LONGEST_ANSWER)
        generator.append_tokens(tokens)
        said: list[int] = []
        while not generator.is_done():
            generator.generate_next_token()
            said.append(int(generator.get_next_tokens()[0]))
        return str(self._tokenizer.decode(said))

    def measure(self, task: Task) -> Measured:
        """All figures that a task asks for."""
        cut = task.read_windows()
        nats = sum(map(self.nats, cut))
        right = sum(question.is_right(self.answer(question)) for question in task.questions)
        return Measured(nats, sum(len(window) - 1 for window in cut), right, len(task.questions))

    def _generator(self, max_length: int) -> Any:  # noqa: ANN401 - the library has no types
        parameters = og.GeneratorParams(self._model)
        parameters.set_search_options(max_length=max_length, do_sample=False)
        return og.Generator(self._model, parameters)


if __name__ == "__main__":
    arguments = new_parser(__doc__).parse_args()
    task = task_of(arguments)
    task.write(BuiltModel(arguments.model).measure(task))
