"""onnxruntime-genai against llama.cpp on a processor: prompts read and tokens generated a second, before and after.

`python -m tests.bench.cpu_path --model DIR --gguf FILE` has processes take turns, each with its model loaded:
llama.cpp, onnxruntime-genai as the library configures itself, with all cores, and as the agent does. All read the same
tokens in the same chunks and answer greedily. A ratio is of two in one round, above 1 where the first one, llama.cpp,
is slower. Beside the times stands what the processor worked for a token, which a busy machine changes least.
`--compare DIR` adds the same model, built otherwise. `--gguf` needs the `llama-cpp-python` package;
`tests.bench.random_model` makes both kinds of models. `--least 1.0`: exit code 1 unless a model, run as the agent does,
is at least so fast as llama.cpp with both prompt and answer.
"""

import argparse
import multiprocessing
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from tests.bench.overhead import spread

TOKENS = 4_000  # prompts are made of the first of the vocabulary


@dataclass(frozen=True, slots=True)
class Setting:
    """What is measured.

    Attributes:
        name: In the table.
        runner: `ort_genai` or `llama_cpp`.
        model: A folder, or a GGUF file.
        threads: To compute with; None: the library's own choice, and nothing else changed.
        spins: Whether onnxruntime's threads spin while they wait, as is its default.
        chunk: Prompt tokens that are read at once.
    """

    name: str
    runner: str
    model: str
    prompt: int
    answer: int
    chunk: int
    threads: int | None = None
    spins: bool = False

    @property
    def is_the_agents(self) -> bool:
        """Whether the agent runs models in this way."""
        return self.runner == "ort_genai" and self.threads is not None and not self.spins

    @property
    def chunks(self) -> list[list[int]]:
        """The prompt."""
        ids = [(number * 7_919) % TOKENS for number in range(self.prompt)]
        return [ids[start : start + self.chunk] for start in range(0, self.prompt, self.chunk)]


@dataclass(frozen=True, slots=True)
class Run:
    """One prompt and its answer: tokens a second, and seconds of processor time for a token."""

    prefill: float
    decode: float
    prefill_cpu: float
    decode_cpu: float


def timed(setting: Setting, read: Callable[[], None], decode: Callable[[], None]) -> Run:
    """Measure: `read` reads the prompt and generates the first token, `decode` each further one."""
    times, cpu = [time.perf_counter()], [time.process_time()]
    read()
    times.append(time.perf_counter())
    cpu.append(time.process_time())
    for _ in range(setting.answer):
        decode()
    wall, used = time.perf_counter() - times[1], time.process_time() - cpu[1]
    return Run(
        setting.prompt / (times[1] - times[0]),
        setting.answer / wall,
        (cpu[1] - cpu[0]) / setting.prompt,
        used / setting.answer,
    )


def ort_genai(setting: Setting) -> Callable[[], Run]:
    """Load the model; what measures it."""
    import os  # noqa: PLC0415 - the variable must be there before the library is

    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime_genai as og  # noqa: PLC0415

    from agent.engine.cores import session_overlay  # noqa: PLC0415

    config = og.Config(setting.model)
    if setting.threads is not None:
        own = {"session.intra_op.allow_spinning": "1"} if setting.spins else {}
        config.overlay(session_overlay({"decoder": {"session_options": own}}, setting.threads))
    model = og.Model(config)

    def run() -> Run:
        params = og.GeneratorParams(model)
        params.set_search_options(max_length=setting.prompt + setting.answer + 1, do_sample=False, random_seed=0)
        generator = og.Generator(model, params)

        def read() -> None:
            for chunk in setting.chunks:
                generator.append_tokens(chunk)
            generator.generate_next_token()

        return timed(setting, read, generator.generate_next_token)

    return run


def llama_cpp(setting: Setting) -> Callable[[], Run]:
    """Load the model; what measures it."""
    import llama_cpp as lib  # noqa: PLC0415 - of an extra
    import numpy as np  # noqa: PLC0415

    silent = lib.llama_log_callback(lambda *_: None)
    lib.llama_log_set(silent, None)
    model_params = lib.llama_model_default_params()
    model_params.use_mmap = False  # nothing is read from the disk while it is measured
    model = lib.llama_model_load_from_file(setting.model.encode(), model_params)
    vocab_size = lib.llama_vocab_n_tokens(lib.llama_model_get_vocab(model))
    params = lib.llama_context_default_params()
    params.n_ctx = setting.prompt + setting.answer + 1
    params.n_batch = params.n_ubatch = setting.chunk
    params.n_threads = params.n_threads_batch = setting.threads or params.n_threads

    def run() -> Run:
        _ = silent  # the library keeps its address
        context = lib.llama_init_from_model(model, params)

        def decode(tokens: Sequence[int]) -> None:
            array = (lib.llama_token * len(tokens))(*tokens)
            if lib.llama_decode(context, lib.llama_batch_get_one(array, len(tokens))):
                raise RuntimeError("llama_decode failed")

        def likeliest() -> int:
            return int(np.ctypeslib.as_array(lib.llama_get_logits_ith(context, -1), (vocab_size,)).argmax())

        def read() -> None:
            for chunk in setting.chunks:
                decode(chunk)
            likeliest()

        measured = timed(setting, read, lambda: decode([likeliest()]))
        lib.llama_free(context)
        return measured

    return run


def work(pipe: Connection, setting: Setting) -> None:
    """A process: a `Run` for each message, until `None` comes."""
    run = {"ort_genai": ort_genai, "llama_cpp": llama_cpp}[setting.runner](setting)
    pipe.send(None)
    while pipe.recv() is not None:
        pipe.send(run())


def measure(settings: Sequence[Setting], rounds: int) -> list[list[Run]]:
    """All of them in turns, each second round the other way round."""
    spawn = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    for setting in settings:
        ours, theirs = spawn.Pipe()
        process: Any = spawn.Process(target=work, args=(theirs, setting))
        process.start()
        theirs.close()
        ours.recv()
        pipes.append(ours)
        processes.append(process)
    runs: list[list[Run]] = [[] for _ in settings]
    for number in range(rounds):
        turns = range(len(settings)) if number % 2 else reversed(range(len(settings)))
        for turn in turns:
            pipes[turn].send("run")
            runs[turn].append(pipes[turn].recv())
    for pipe, process in zip(pipes, processes, strict=True):
        pipe.send(None)
        process.join()
        pipe.close()
    return runs


def report(settings: Sequence[Setting], runs: Sequence[Sequence[Run]]) -> None:
    """Print everything against the first."""
    print(f"machine: {platform.machine()}, {psutil.cpu_count()} cores, load {psutil.getloadavg()[0]:.1f}")
    for setting, mine in zip(settings, runs, strict=True):
        print(f"{setting.name} ({Path(setting.model).name})")
        for label, value in (("prompt", "prefill"), ("answer", "decode")):
            rates, cpu = ([getattr(run, name) for run in mine] for name in (value, f"{value}_cpu"))
            print(f"  {label}, tokens/s:          {spread(rates, '.1f')}")
            print(f"  {label}, ms of processor:   {spread([1000 * seconds for seconds in cpu], '.1f')}")
            for what, name, up in (("tokens/s", value, 1), ("processor", f"{value}_cpu", -1)):
                ratios = [(getattr(a, name) / getattr(b, name)) ** up for a, b in zip(mine, runs[0], strict=True)]
                print(f"  {label}, against {settings[0].name} by {what}: {spread(ratios, '.2f')}")


def best(settings: Sequence[Setting], runs: Sequence[Sequence[Run]]) -> tuple[Setting, float]:
    """The agent's best, and how many times as fast as the first one; of prompt and answer, the slower counts."""

    def ratio(mine: Sequence[Run]) -> float:
        pairs = list(zip(mine, runs[0], strict=True))
        return min(median(a.prefill / b.prefill for a, b in pairs), median(a.decode / b.decode for a, b in pairs))

    ways = [(each, ratio(mine)) for each, mine in zip(settings, runs, strict=True) if each.is_the_agents]
    return max(ways, key=lambda way: way[1])


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="a folder with genai_config.json")
    parser.add_argument("--compare", type=Path, action="append", default=[], help="another one, as the agent loads it")
    parser.add_argument("--gguf", type=Path, help="a GGUF file of the same geometry; default: without llama.cpp")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--prompt", type=int, default=128)
    parser.add_argument("--answer", type=int, default=16)
    parser.add_argument("--chunk", type=int, default=64)
    parser.add_argument("--least", type=float, help="how many times as fast as llama.cpp the agent's best must be")
    chosen = parser.parse_args()
    if chosen.least is not None and chosen.gguf is None:
        parser.error("--least needs --gguf")
    default = Setting("by default", "ort_genai", str(chosen.model), chosen.prompt, chosen.answer, chosen.chunk)
    agent = replace(default, name="as the agent", threads=chosen.threads)
    settings = [default, replace(agent, name="all cores, spinning", spins=True), agent]
    settings += [replace(agent, name=f"{path.name}, as the agent", model=str(path)) for path in chosen.compare]
    if chosen.gguf is not None:
        settings.insert(0, replace(agent, name="llama.cpp", runner="llama_cpp", model=str(chosen.gguf)))
    runs = measure(settings, chosen.rounds)
    report(settings, runs)
    which, ratio = best(settings, runs)
    print(f"the agent's best, against {settings[0].name}, of prompt and answer the slower: {which.name}, {ratio:.2f}")
    return 0 if chosen.least is None or ratio >= chosen.least else 1


if __name__ == "__main__":
    sys.exit(main())
