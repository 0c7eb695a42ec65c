"""A tiny run of the real thing, end to end, and one that is interrupted."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from agent.bench import copy_rate
from agent.bench.candidates import candidates_of
from agent.bench.cells import Cell
from agent.bench.command import INTERRUPTED, Order, draw_chart, run_bench
from agent.bench.history import History, read
from agent.bench.measured import Document
from agent.bench.subjects import find_named
from agent.config import Config
from agent.engine.batching import BatchSearch, Rate, Trial
from agent.errors import ConfigError, StopError
from agent.models.geometries import geometry_for
from agent.remembered import Remembered

SHORT, LONG = Cell(1, 16, 8), Cell(1, 32, 8)
TRIAL = Trial("this machine", 64, (Rate(1, 100.0), Rate(2, 90.0)))


def order(*cells: Cell, rounds: int = 2, against: str | None = None, json: Path | None = None) -> Order:
    return Order(None, against, None, cells, rounds, json)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setattr(copy_rate, "_SECONDS", 0.0)
    return Config(state_dir=tmp_path / "state")


def at_once(config: Config, most: int) -> Config:
    return config.model_copy(update={"model": config.model.model_copy(update={"max_running": most})})


def check_all_is_exact(document: Document) -> None:
    for run in document.rounds:
        assert len(run.answers) == run.cell.batch
        assert run.memory is not None
        for answer in run.answers:
            assert answer.prompt_tokens == run.cell.input_tokens
            assert answer.completion_tokens == run.cell.output_tokens
            assert answer.cached_tokens == 0
            assert 0 < answer.first_token <= answer.finished
    for figures in document.figures:
        assert (figures.wrong_prompts, figures.cached_tokens, figures.ended_early) == (0, 0, 0)
        assert figures.tokens_per_s.least <= figures.tokens_per_s.median <= figures.tokens_per_s.most
        assert figures.share_of_limit is not None


def test_end_to_end(config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "run.json"
    assert run_bench(at_once(config, 2), order(SHORT, LONG, Cell(2, 80, 8), json=file)) == 0

    document = read(file)
    assert (document,) == History(config.state_dir).last(9).documents
    check_all_is_exact(document)
    assert [(each.cell, each.rounds, each.running) for each in document.figures] == [
        (SHORT, 2, 1),
        (LONG, 2, 1),
        (Cell(2, 80, 8), 2, 2),
    ]
    assert document.skipped == ()
    assert not document.interrupted

    shown = capsys.readouterr()
    assert "16|8" in shown.out
    assert "edge-tiny: 32|8, batch 1, round 2: " in shown.err

    draw_chart(config, tmp_path / "bench.svg")
    assert "edge-tiny" in (tmp_path / "bench.svg").read_text()


def test_a_cell_that_is_not_run_is_told_by_the_exit_code_too(config: Config) -> None:
    assert run_bench(config, order(SHORT, Cell(1, 8, 8), rounds=1)) == 1
    (document,) = History(config.state_dir).last(9).documents
    assert [each.cell for each in document.figures] == [SHORT]
    (skipped,) = document.skipped
    assert (skipped.cell, skipped.why) == (
        Cell(1, 8, 8),
        "with the model's chat template, a prompt has 14 tokens or more",
    )


def test_a_file_that_cannot_be_written_costs_neither_table_nor_history(
    config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "none" / "run.json"
    assert run_bench(config, order(SHORT, rounds=1, json=file)) == 1
    shown = capsys.readouterr()
    assert "16|8" in shown.out
    assert f"{file}: No such file or directory" in shown.err
    assert len(History(config.state_dir).last(9).documents) == 1


def test_no_more_run_at_once_than_in_the_agent(config: Config) -> None:
    assert run_bench(at_once(config, 1), order(SHORT, Cell(2, 16, 8), rounds=1)) == 0
    (document,) = History(config.state_dir).last(9).documents
    assert [(each.cell.batch, each.running) for each in document.figures] == [(1, 1), (2, 1)]


def test_how_many_pay_is_found_out_as_by_the_agent_which_may_have_done_so_already(config: Config) -> None:
    named = find_named("edge-tiny", "edge-tiny", None, config.state_dir)
    (new,) = candidates_of(config, (named,), (Cell(4, 16, 8),))
    assert (new.max_batch, new.search) == (4, BatchSearch(None))
    config.state_dir.mkdir()
    trials = Remembered(config.state_dir / "batching.json", TypeAdapter(dict[str, Trial]))
    trials.put(geometry_for(named.engine.name, named.model, named.model_dir), TRIAL)
    trials.save()
    (known,) = candidates_of(config, (named,), (Cell(4, 16, 8),))
    assert known.search == BatchSearch(TRIAL)
    (given,) = candidates_of(at_once(config, 2), (named,), (Cell(4, 16, 8),))
    assert (given.max_batch, given.search) == (2, None)


def test_where_nothing_is_measured_there_is_a_reason_but_no_table_and_no_file(
    config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_bench(config, order(Cell(1, 9000, 10), json=tmp_path / "run.json")) == 1
    assert not (tmp_path / "run.json").exists()
    assert History(config.state_dir).last(9).documents == ()
    heading, _, *reason = capsys.readouterr().out.splitlines()
    assert "jetson-agent" in heading
    assert " ".join(reason).startswith("edge-tiny: 9000|10, batch 1: ")
    assert "J/token" not in " ".join(reason)


def test_two_alternate(config: Config) -> None:
    assert run_bench(config, order(SHORT, against="onnxruntime-genai")) == 0
    (document,) = History(config.state_dir).last(9).documents
    check_all_is_exact(document)
    assert [each.subject for each in document.rounds] == [
        "edge-tiny",
        "edge-tiny again",
        "edge-tiny again",
        "edge-tiny",
    ]
    (pair,) = document.pairs
    assert (pair.subject, pair.against, pair.rounds) == ("edge-tiny", "edge-tiny again", 2)


@pytest.mark.parametrize(("text", "why"), [("{}", "has no 'model'"), ("[]", "bring the model here again")])
def test_a_model_that_does_not_load_is_told_of(config: Config, tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "genai_config.json").write_text(text)
    with pytest.raises(StopError, match=f"broken cannot be loaded: .*{why}"):
        run_bench(config, Order(f"{tmp_path}/broken", None, None, (SHORT,), 1, None))


def test_what_has_no_room_is_not_begun(config: Config) -> None:
    tight = config.model_copy(update={"memory": config.memory.model_copy(update={"budget": 1 << 20})})
    with pytest.raises(StopError, match=r"edge-tiny with 24 tokens need .* of memory, and 1 MiB are available"):
        run_bench(tight, order(SHORT))


def test_an_engine_that_is_not_here_is_told_of_before_anything_is_loaded(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorrt_llm", None)
    with pytest.raises(ConfigError, match="tensorrt-llm is not installed"):
        run_bench(config, order(SHORT, against="tensorrt-llm"))


def test_a_chart_needs_runs(config: Config, tmp_path: Path) -> None:
    with pytest.raises(StopError, match="nothing has been measured here yet"):
        draw_chart(config, tmp_path / "bench.svg")


def start(tmp_path: Path, *arguments: str, out: int | None, err: int) -> subprocess.Popen[str]:
    """The command; without `out`, its standard output is closed."""
    (tmp_path / "agent.yaml").write_text("state_dir: state\n")
    command = [sys.executable, "-m", "agent", "bench", "-c", str(tmp_path / "agent.yaml"), *arguments]
    if out is None:
        command = ["sh", "-c", 'exec "$@" >&-', "sh", *command]
    return subprocess.Popen(command, stdout=out, stderr=err, text=True, env={**os.environ})


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_prints_and_keeps_what_was_over(tmp_path: Path, by: signal.Signals) -> None:
    arguments = ("--cells", "16|8,32|8", "--rounds", "1000")
    with start(tmp_path, *arguments, out=subprocess.PIPE, err=subprocess.PIPE) as program:
        assert program.stderr is not None
        for line in program.stderr:
            if "32|8, batch 1, round 1" in line:
                break
        program.send_signal(by)
        out, err = program.communicate(timeout=120)
    assert program.returncode == 130
    assert "Interrupted: this is what was over by then." in out
    assert "Traceback" not in err
    (document,) = History(tmp_path / "state").last(9).documents
    assert document.interrupted
    assert {each.cell for each in document.figures} == {SHORT, LONG}
    check_all_is_exact(document)


def test_a_run_that_can_tell_nobody_is_kept(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        program = start(tmp_path, "--cells", "16|8", "--rounds", "2", out=full.fileno(), err=full.fileno())
        assert program.wait(120) == 1
    (document,) = History(tmp_path / "state").last(9).documents
    assert [run.number for run in document.rounds] == [0, 1]
    assert not document.interrupted


def test_a_table_that_cannot_be_printed_is_told_in_words(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        program = start(tmp_path, "--cells", "16|8", "--rounds", "1", out=full.fileno(), err=subprocess.PIPE)
        _, err = program.communicate(timeout=120)
    assert err.splitlines()[-2:] == [
        f"kept as {next((tmp_path / 'state' / 'bench').iterdir())}",
        "the table cannot be printed: No space left on device",
    ]


@pytest.mark.parametrize(("rounds", "code"), [(1, 1), (1000, INTERRUPTED)])
def test_a_reader_that_has_gone_is_told_of(tmp_path: Path, rounds: int, code: int) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with start(tmp_path, "--cells", "16|8", "--rounds", str(rounds), out=writer, err=subprocess.PIPE) as run:
        os.close(writer)
        assert run.stderr is not None
        if code == INTERRUPTED:
            next(line for line in run.stderr if "round 1" in line)
            run.send_signal(signal.SIGINT)
        said = run.stderr.read().splitlines()
    assert said[-1] == "the table cannot be printed: Broken pipe"
    assert run.returncode == code


def test_a_standard_output_that_is_closed_is_told_of(tmp_path: Path) -> None:
    program = start(tmp_path, "--cells", "16|8", "--rounds", "1", out=None, err=subprocess.PIPE)
    _, err = program.communicate(timeout=120)
    assert err.splitlines()[-1] == "the table cannot be printed: there is no standard output"
    assert program.returncode == 1
