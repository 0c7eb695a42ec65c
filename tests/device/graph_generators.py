"""The library's own generators with CUDA graphs and without, used as the agent uses them: a part of `graph_check`."""

import json
import time
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import onnxruntime_genai as og

from agent.engine.ort_genai import graphs

TOKENS = 64
PROMPTS = [[(7 * place + 13 * length) % 1000 + 5 for place in range(length)] for length in (9, 64, 100, 700)]
CAPACITY = 1024
SHARED = 600
REPEATED = 3


def difference(one: Sequence[object], other: Sequence[object]) -> str:
    """Where two answers part."""
    if list(one) == list(other):
        return ""
    at = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return f"they part at {at} of {len(one)} and {len(other)}"


def load(folder: Path, *, with_graphs: bool) -> Any:  # noqa: ANN401 - the library has no types
    config = og.Config(str(folder))
    if graphs.is_for_cuda(json.loads((folder / "genai_config.json").read_bytes())["model"]):
        graphs.switch(config, on=with_graphs)
    return og.Model(config)


def generator(model: Any, *, seed: int | None = None) -> Any:  # noqa: ANN401 - the library has no types
    params = og.GeneratorParams(model)
    sampled = {"do_sample": True, "temperature": 1.0, "top_k": 50, "top_p": 1.0}
    params.set_search_options(
        max_length=CAPACITY, min_length=CAPACITY, random_seed=seed or 0, **(sampled if seed else {"do_sample": False})
    )
    return og.Generator(model, params)


def say(made: Any, tokens: int = TOKENS) -> list[int]:  # noqa: ANN401 - the library has no types
    said = []
    for _ in range(tokens):
        made.generate_next_token()
        said.append(int(made.get_next_tokens()[0]))
    return said


def answer(model: Any, prompt: Sequence[int], *, seed: int | None = None) -> list[int]:  # noqa: ANN401 - likewise
    made = generator(model, seed=seed)
    made.append_tokens(prompt)
    return say(made)


class Generators:
    """The library's own, on one model with graphs and without."""

    def __init__(self, folder: Path) -> None:
        self.models = [load(folder, with_graphs=with_graphs) for with_graphs in (False, True)]
        self.plain, self.graphed = self.models

    def repeated(self) -> str:
        """Whether there is anything to compare."""
        for prompt in PROMPTS:
            first = answer(self.plain, prompt)
            for _ in range(REPEATED):
                if differs := difference(first, answer(self.plain, prompt)):
                    return f"{len(prompt)} tokens: {differs}"
        return ""

    def greedy(self) -> str:
        return "; ".join(
            f"{len(prompt)} tokens: {wrong}"
            for prompt in PROMPTS
            if (wrong := difference(answer(self.plain, prompt), answer(self.graphed, prompt)))
        )

    def speed(self) -> str:
        """Only told: that graphs are used at all shows here."""
        took = []
        for model in self.models:
            made = generator(model)
            made.append_tokens(PROMPTS[2])
            say(made, TOKENS)
            began = time.perf_counter()
            say(made, 4 * TOKENS)
            took.append(1000 * (time.perf_counter() - began) / (4 * TOKENS))
        print("     ms a token: {:.3f} without graphs, {:.3f} with".format(*took))
        return ""

    def sampled(self) -> str:
        return difference(*(answer(model, PROMPTS[2], seed=7) for model in self.models))

    def in_parts(self) -> str:
        return difference(*(self._read_on(model, ()) for model in self.models))

    def going_back(self) -> str:
        """After an answer, after half of one, and after another prompt."""
        expected = self._read_on(self.graphed, ())
        return "; ".join(
            f"after {before}: {wrong}"
            for before in ((TOKENS,), (TOKENS // 2,), (1,), (2,), (3,), (TOKENS, 3, TOKENS))
            if (wrong := difference(expected, self._read_on(self.graphed, before)))
        )

    def taking_turns(self) -> str:
        """Four that are there at once, a token of each in turn; then they go back and answer one after another."""
        alone = [answer(self.graphed, prompt) for prompt in PROMPTS]
        made = [generator(self.graphed) for _ in PROMPTS]
        for each, prompt in zip(made, PROMPTS, strict=True):
            each.append_tokens(prompt)
        said: list[list[int]] = [[] for _ in PROMPTS]
        for _ in range(TOKENS):
            for mine, each in zip(said, made, strict=True):
                mine.extend(say(each, 1))
        again = []
        for each, prompt in zip(made, PROMPTS, strict=True):
            each.rewind_to(len(prompt) - 4)
            each.append_tokens(prompt[-4:])
            again.append(say(each))
        fresh = [self._two_parts(prompt) for prompt in PROMPTS]
        return "; ".join(filter(None, (difference([*chain(*alone)], [*chain(*said)]), difference(fresh, again))))

    def given_up(self) -> str:
        """One ends midway, and its memory goes, while another one generates."""
        expected = answer(self.graphed, PROMPTS[2])
        staying, leaving = generator(self.graphed), generator(self.graphed)
        staying.append_tokens(PROMPTS[2])
        leaving.append_tokens(PROMPTS[3])
        said = say(staying, 10)
        say(leaving, 10)
        del leaving
        said += say(staying, 10)
        reading = generator(self.graphed)
        reading.append_tokens(PROMPTS[1])
        del reading
        return difference(expected, said + say(staying, TOKENS - 20))

    def _two_parts(self, prompt: Sequence[int]) -> list[int]:
        made = generator(self.graphed)
        made.append_tokens(prompt[:-4])
        made.append_tokens(prompt[-4:])
        return say(made)

    @staticmethod
    def _read_on(model: Any, before: Sequence[int]) -> list[int]:  # noqa: ANN401 - the library has no types
        """The answer to a prompt that is read in two parts, after so many tokens of other answers."""
        prompt, made = PROMPTS[3], generator(model)
        made.append_tokens(prompt[:SHARED])
        for tokens in before:
            made.append_tokens(PROMPTS[1])
            say(made, tokens)
            made.rewind_to(SHARED)
        made.append_tokens(prompt[SHARED:])
        return say(made)
