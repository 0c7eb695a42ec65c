"""Builds the engine of a model for TensorRT Edge-LLM on this machine, ahead of serving.

It takes far more memory than running the engine: never do it while one serves. The library builds, in a process of its
own that begins here; the engine appears in its place when it is whole and on the disk.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from agent.children.interrupted import interrupted_by
from agent.children.process import python_path
from agent.durable_file import write_durably
from agent.engine.edge_llm_files import RECORD, Record, cache_dir, options_for, this_machine
from agent.errors import StopError


class BuildError(StopError):
    """The engine could not be built; what was there before still is."""


def build(
    model_dir: Path,
    *,
    context_length: int,
    max_batch: int = 1,
    max_input: int | None = None,
    tell: Callable[[str], None],
) -> None:
    """Build an engine; one for the same numbers is replaced.

    Args:
        model_dir: A checkpoint as of Hugging Face, quantized or not.
        context_length: Tokens of prompt and answer together.
        max_batch: Requests at once; memory for the whole context of each is taken when the engine is loaded.
        max_input: Tokens of a prompt; None: as many as the context has. Fewer make reading prompts take less memory.
        tell: Called with each line that the library says.

    Raises:
        BuildError: It failed; the library's last words.
    """
    numbers = [str(number) for number in (context_length, max_batch, max_input or context_length)]
    command = [sys.executable, "-P", "-m", "agent.engine.edge_llm_build", str(model_dir), *numbers]
    last = "it said nothing"
    with (
        interrupted_by(signal.SIGTERM, signal.SIGHUP),  # else it goes on without us when the terminal is closed
        subprocess.Popen(  # noqa: S603 - this package's own module
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, "PYTHONPATH": python_path()},
            start_new_session=True,  # Ctrl-C reaches only us, and we end all of it
        ) as run,
    ):
        assert run.stdout is not None  # noqa: S101 - tells the type checker; asked for above
        try:
            for line in run.stdout:
                last = line.strip() or last
                tell(line.rstrip("\n"))
        except BaseException:
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
            _sweep(cache_dir(model_dir))
            raise
    if run.returncode:
        raise BuildError(f"no engine was built for {model_dir}: {last}")


def main(model_dir: Path, context_length: int, max_batch: int, max_input: int) -> None:
    """Build in this process."""
    model_dir = model_dir.resolve()
    try:
        record = Record(machine=this_machine(), context_length=context_length, max_batch=max_batch, max_input=max_input)
        with _only_builder(cache_dir(model_dir)) as work:
            _build(model_dir, record, work)
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


def _build(model_dir: Path, record: Record, work: Path) -> None:
    from experimental.server.runtime.engine_build import prepare_model  # noqa: PLC0415 - only where it is installed

    prepared = Path(prepare_model(str(model_dir), str(work), options_for(record)).bundle_dir)
    write_durably(prepared / RECORD, record.model_dump_json().encode())
    _sync(prepared)
    cache = cache_dir(model_dir)
    place, aside = cache / prepared.relative_to(work.resolve()), cache / "replaced"
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(aside, ignore_errors=True)  # an earlier replacement was cut off
    if place.exists():
        place.rename(aside)  # it takes long to remove, and may be all there is until the new one has its place
    prepared.rename(place)
    _sync(cache)
    shutil.rmtree(aside, ignore_errors=True)


@contextlib.contextmanager
def _only_builder(cache: Path) -> Iterator[Path]:
    """An empty folder to build in; what an interrupted build left there is gone."""
    cache.mkdir(exist_ok=True)
    with (cache / "building.lock").open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OSError(f"another build is under way in {cache}") from error
        work = cache / "building"
        shutil.rmtree(work, ignore_errors=True)
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _sweep(cache: Path) -> None:
    """Remove what an interrupted build has left, if it got so far and nobody else builds."""
    with contextlib.suppress(OSError), _only_builder(cache):
        pass


def _sync(folder: Path) -> None:
    """Have everything in a folder on the disk."""
    for path in (folder, *folder.rglob("*")):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:5]))
