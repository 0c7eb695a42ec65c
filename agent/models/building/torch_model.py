"""A checkpoint in torch, on the CPU in 32-bit floats or on the GPU: its losses and its answers.

Only imported by the programs that `build` starts.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from agent.models.building.accuracy import Measured, windows
from agent.models.building.measuring import Task
from agent.models.building.questions import LONGEST_ANSWER, Question


class TorchModel:
    """One loaded checkpoint.

    Args:
        folder: In Hugging Face's form. Code in it is not run.
    """

    def __init__(self, folder: Path) -> None:
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        self.model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).to(self.device).eval()

    def windows(self, text: Path) -> list[list[int]]:
        """A text as tokens."""
        tokens = self.tokenizer(text.read_text(encoding="utf-8"), add_special_tokens=False)["input_ids"]
        return windows(tokens, self.tokenizer.bos_token_id)

    def read(self, window: list[int]) -> Any:  # noqa: ANN401 - a tensor, where there is torch
        """The logits after each token: (tokens, vocabulary)."""
        with torch.inference_mode():
            return self.model(torch.tensor([window], device=self.device)).logits[0]

    def measure(self, task: Task, cut: Iterable[list[int]]) -> Measured:
        """All figures that a task asks for."""
        nats, tokens = 0.0, 0
        for window in cut:
            expected = torch.tensor(window[1:], device=self.device)
            loss = torch.nn.functional.cross_entropy(self.read(window)[:-1].float(), expected, reduction="sum")
            nats, tokens = nats + float(loss), tokens + len(expected)
        right = sum(question.is_right(self.answer(question)) for question in task.questions)
        return Measured(nats, tokens, right, len(task.questions))

    def answer(self, question: Question) -> str:
        """The greedy answer."""
        prompt = self.tokenizer.apply_chat_template(
            question.chat, add_generation_prompt=True, return_tensors="pt", return_dict=True
        ).to(self.device)
        with torch.inference_mode():
            said = self.model.generate(**prompt, max_new_tokens=LONGEST_ANSWER, do_sample=False)
        return str(self.tokenizer.decode(said[0, prompt["input_ids"].shape[1] :], skip_special_tokens=True))
