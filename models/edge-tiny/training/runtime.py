"""Answer with an exported model, greedily, and measure what that costs."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime_genai as og

CONTEXT = 4096
THREADS = 2


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens a second: prompts read, answers generated."""

    prefill_tokens_per_s: float
    decode_tokens_per_s: float


def resident_mb() -> float:
    """The resident memory of this process now, in MB."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    return 0.0


class Answerer:
    """One exported model, loaded for two cores."""

    def __init__(self, folder: Path) -> None:
        before, begun = resident_mb(), time.perf_counter()
        config = og.Config(str(folder))
        config.overlay(json.dumps({"model": {"decoder": {"session_options": {"intra_op_num_threads": THREADS}}}}))
        self.model = og.Model(config)
        self.tokenizer = og.Tokenizer(self.model)
        self.load_s = time.perf_counter() - begun
        self.rss_growth_mb = resident_mb() - before
        self.prompt_tokens = self.answer_tokens = 0
        self.prefill_s = self.decode_s = 0.0

    def answer(self, messages: list[dict[str, str]], max_tokens: int) -> str:
        """The greedy answer to a conversation.

        Args:
            messages: As in the chat format, the last one the user's.
            max_tokens: The longest answer.

        Returns:
            The text without special tokens.
        """
        tokens = self.tokenizer.encode(
            self.tokenizer.apply_chat_template(json.dumps(messages), add_generation_prompt=True)
        )
        params = og.GeneratorParams(self.model)
        params.set_search_options(max_length=min(CONTEXT, len(tokens) + max_tokens), do_sample=False)
        generator = og.Generator(self.model, params)
        begun = time.perf_counter()
        generator.append_tokens(tokens)
        found: list[int] = []
        read = begun
        while not generator.is_done():
            generator.generate_next_token()
            found.append(int(generator.get_next_tokens()[0]))
            if len(found) == 1:
                read = time.perf_counter()
        self.prefill_s += read - begun
        self.decode_s += time.perf_counter() - read
        self.prompt_tokens += len(tokens)
        self.answer_tokens += len(found) - 1
        return str(self.tokenizer.decode(found))

    def speed(self) -> Speed:
        """The mean over all answers so far."""
        return Speed(self.prompt_tokens / max(self.prefill_s, 1e-9), self.answer_tokens / max(self.decode_s, 1e-9))
