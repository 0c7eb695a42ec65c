"""What CUDA graphs leave behind on a card: a part of `graph_check`."""

import gc
import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime_genai as og

from agent.engine.ort_genai import graphs
from agent.engine.ort_genai.stock import MOST_RECORDED
from tests.device.graph_generators import PROMPTS, generator, load, say

_WARM = 5
"""Repetitions that are not counted: what is allocated once."""
_LEFT_EACH_MIB = 3.0
"""By a recorded generator, at most: a 3B's leaves 1.2."""
_LEFT_MIB = 32
"""By what leaves nothing, at most: arenas grow by 10."""
_LOADS = 4
_SHAPES = ((1, 9), (4, 9), (1, 700), (4, 100), (16, 9), (3, 64), (2, 700), (8, 30))
"""Requests at once, and tokens of each one's prompt."""
_BATCHES = 32


def gpu_mib() -> int:
    """What is taken of the first GPU's memory.

    Raises:
        RuntimeError: There is none.
    """
    command = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
    try:
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[0])
    except (OSError, ValueError, IndexError, subprocess.CalledProcessError) as error:
        raise RuntimeError(f"no GPU tells its memory: {error}") from error


def new_generators(folder: Path) -> str:
    """Each records a graph, and goes."""
    model = load(folder, with_graphs=True)

    def use() -> None:
        made = generator(model)
        made.append_tokens(PROMPTS[0])
        say(made, 6)

    return _left(MOST_RECORDED, use, _LEFT_EACH_MIB * MOST_RECORDED)


def generators_of_one_token(folder: Path) -> str:
    """None of them records a graph."""
    model = load(folder, with_graphs=True)

    def use() -> None:
        made = generator(model)
        made.append_tokens(PROMPTS[0])
        say(made, 1)

    return _left(MOST_RECORDED, use, _LEFT_MIB)


def used_again(folder: Path) -> str:
    """As the agent does it: four are there at once, and go back to their begin."""
    model = load(folder, with_graphs=True)
    made = [generator(model) for _ in range(4)]

    def use() -> None:
        for prompt, each in zip(PROMPTS, made, strict=True):
            each.rewind_to(0)
            each.append_tokens(prompt)
            say(each, 6)

    return _left(MOST_RECORDED, use, _LEFT_MIB)


def loaded_anew(folder: Path) -> str:
    """As the agent does it, too: what graphs left behind goes with the model."""
    after = []
    for _ in range(_LOADS):
        model = load(folder, with_graphs=True)
        for _ in range(MOST_RECORDED // 2):
            made = generator(model)
            made.append_tokens(PROMPTS[0])
            say(made, 6)
        del made, model
        gc.collect()
        after.append(gpu_mib())
    print(f"     MiB taken after each end: {after}")
    return "" if after[-1] - after[0] <= _LEFT_MIB else "it does not come back"


def paged(folder: Path) -> str:
    """Batches of many shapes in the library's `Engine`."""
    settings = og.Config(str(folder))
    if graphs.is_for_cuda(json.loads((folder / "genai_config.json").read_bytes())["model"]):
        graphs.switch(settings, on=True)
    engine = og.Engine(og.Model(settings))
    events = engine.create_event_buffer(256)
    shapes = iter(_SHAPES * ((_WARM + _BATCHES) // len(_SHAPES) + 2))
    for shape in _SHAPES:  # each has its own workspace, allocated once
        _answer(engine, events, *shape)
    return _left(_BATCHES, lambda: _answer(engine, events, *next(shapes)), _LEFT_MIB)


def _answer(engine: Any, events: Any, at_once: int, length: int) -> None:  # noqa: ANN401 - the library has no types
    requests = [_request(engine, [(7 * place + 13 * n) % 1000 + 5 for place in range(length)]) for n in range(at_once)]
    running = set(requests)
    while running:
        for event in engine.run(events):
            if event.flags & og.EngineEventFlags.FAILED:
                raise RuntimeError(f"the library's engine failed: {event.error_code}")
            if event.flags & og.EngineEventFlags.TURN_FINISHED:
                running.discard(event.request)
    for request in requests:
        request.close()


def _request(engine: Any, prompt: Sequence[int]) -> Any:  # noqa: ANN401 - likewise
    options = og.RequestOptions()
    options.set_max_session_tokens(len(prompt) + 16)
    request = engine.create_request(options=options)
    turn = og.TurnOptions(request)
    turn.set_do_sample(False)
    turn.set_max_generated_tokens(8)
    request.begin_turn(np.asarray(prompt, dtype=np.int32), turn)
    return request


def _left(times: int, use: Callable[[], None], most: float) -> str:
    """Print what is left of the card; what is wrong with it."""
    for _ in range(_WARM):
        use()
    before = gpu_mib()
    for _ in range(times):
        use()
    left = gpu_mib() - before
    print(f"     {times} times left {left} MiB behind: {left / times:.2f} each")
    return "" if left <= most else f"more than {most:.0f} MiB"
