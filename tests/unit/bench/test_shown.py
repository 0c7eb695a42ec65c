"""What people see of a run: the table, the picture, and the files of the history."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console, RenderableType

from agent.bench.cells import Cell
from agent.bench.chart import chart, draw
from agent.bench.history import History, Runs, as_json, read
from agent.bench.measured import Document, Skipped
from agent.bench.table import report
from agent.errors import StopError
from tests.unit.bench.values import a_document, a_round, a_subject, answer


def shown(document: Document) -> str:
    return printed(report(document), width=120)


def printed(page: RenderableType, width: int) -> str:
    console = Console(width=width, force_terminal=False)
    with console.capture() as captured:
        console.print(page)
    return captured.get()


def test_the_table_says_what_ran_and_on_what() -> None:
    page = shown(a_document(a_round(energy=22.0)))
    assert "Orin Nano, 6 processors, 8.0 GiB, JetPack 6.2, power mode 25W" in page
    (row,) = [line.split() for line in page.splitlines() if line.strip().startswith("100|11")]
    assert row[:3] == ["100|11", "1", "5.5"]
    assert row[-4:] == ["2", "50", "MiB", "10%"]
    assert "0.1 GB/s of a copy (cpu" in page
    assert "busy" not in page


def test_what_the_figures_do_not_show_is_said() -> None:
    cell = Cell(batch=4, input_tokens=100, output_tokens=11)
    page = shown(
        a_document(
            a_round(answer(tokens=5), answer(prompt=99), answer(cached=64), answer(), cell=cell, others=0.4),
            subjects=(a_subject(touched=None),),
            skipped=(Skipped("a", Cell(1, 4, 4), "with the model's chat template, a prompt has 14 tokens or more"),),
            interrupted=True,
        )
    )
    assert "4 (1 at a time)" in page
    for said in (
        "Interrupted",
        "a: 4|4, batch 1: with the model's chat template",
        "1 prompts had another length",
        "64 tokens of the prompts were not read",
        "1 answers ended before their length",
        "busy: other programs took 40% of its processors' time",
        "No J/token: no meter.",
        "No share of the limit for a",
    ):
        assert said in page


def test_two_subjects_are_compared() -> None:
    rounds = (a_round(), a_round(answer(0.5, 1.0), subject="b"))
    page = shown(a_document(*rounds, subjects=(a_subject("a"), a_subject("b", rate=None))))
    assert "b / a" in page
    assert "2.00 (2.00 to 2.00)" in page
    assert "a copy rate that was not measured (no GPU here)" in page


def test_a_document_is_read_as_it_was_written(tmp_path: Path) -> None:
    rounds = (a_round(energy=22.0), a_round(answer(0.5, 1.0), subject="b"))
    document = a_document(
        *rounds, subjects=(a_subject("a"), a_subject("b")), skipped=(Skipped("a", Cell(1, 1, 1), "x"),)
    )
    (tmp_path / "run.json").write_bytes(as_json(document))
    assert read(tmp_path / "run.json") == document


def test_the_history_keeps_every_run_and_gives_the_last(tmp_path: Path) -> None:
    history = History(tmp_path / "state")
    assert history.last(8) == Runs(())
    for count in range(12):
        history.add(replace(a_document(date="2026-11-26T02:00:00Z"), python=str(count)))
    history.add(a_document(date="2026-11-25T02:00:00Z"))
    assert len(list(history.folder.iterdir())) == 13
    assert [document.python for document in history.last(3).documents] == ["9", "10", "11"]
    assert history.last(20).documents[0].date == "2026-11-25T02:00:00Z"


def test_what_is_no_run_takes_no_place_in_the_history(tmp_path: Path) -> None:
    history = History(tmp_path)
    for day in range(1, 4):
        history.add(a_document(date=f"2026-11-0{day}T02:00:00Z"))
    (history.folder / "2026-11-02T02-00-00Z.json").write_text("{")
    (history.folder / "foreign.json").write_text("{}")
    (history.folder / "folder.json").mkdir()
    (history.folder / "notes.txt").touch()
    runs = history.last(2)
    assert [document.date[:10] for document in runs.documents] == ["2026-11-01", "2026-11-03"]
    assert [why.split(" ")[0].strip(":").rpartition("/")[2] for why in runs.unreadable] == [
        "foreign.json",
        "folder.json",
        "2026-11-02T02-00-00Z.json",
    ]


def test_a_history_that_cannot_be_read_says_who_could(tmp_path: Path) -> None:
    (tmp_path / "bench").touch()
    with pytest.raises(StopError, match="bench: Not a directory: run it as the user whose runs they are"):
        History(tmp_path).last(8)


@pytest.mark.parametrize("content", ["", "{}", "[1"])
def test_a_file_that_is_no_run_is_told_of(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(StopError, match="not a run that bench has written"):
        read(tmp_path / "run.json")
    with pytest.raises(StopError, match="No such file"):
        read(tmp_path / "none.json")


def test_figures_of_what_did_not_run_are_told_of(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_bytes(as_json(replace(a_document(), subjects=(a_subject("b"),))))
    with pytest.raises(StopError, match="figures of a, which did not run"):
        read(tmp_path / "run.json")


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "run.json").symlink_to("/dev/null")  # stands in for a pipe, which a test would wait for, too
    with pytest.raises(StopError, match=r"run\.json is no file"):
        read(tmp_path / "run.json")


def test_the_picture_has_a_bar_for_each_run_of_a_cell(tmp_path: Path) -> None:
    other = Cell(1, 5, 5)
    first = a_document(a_round(answer(finished=4.0)), a_round(cell=other), date="2026-11-25T03:04:05Z")
    draw([first, a_document(), a_document(a_round(answer(finished=1.5)))], tmp_path / "bench.svg")
    words = "".join(ET.fromstring((tmp_path / "bench.svg").read_text()).itertext()).replace("\xa0", " ")  # noqa: S314 - our own
    assert "11-25 03:04" in words
    assert words.index("2.8") < words.index("5.5") < words.index("7.3")
    assert "100|11, batch 1" in words
    assert "5|5" not in words, "the latest run had no such cell"


def charted(*runs: tuple[str, str, float]) -> list[list[str]]:
    """The words of each line that has a figure, and of those below it, in the picture's width."""
    documents = [
        a_document(
            a_round(answer(first=1 / rate, finished=11 / rate), subject=label),
            subjects=(replace(a_subject(label), engine=engine),),
        )
        for label, engine, rate in runs
    ]
    lines = printed(chart(documents), width=100).splitlines()[3:]
    return [line.translate({ord(bar): " " for bar in "█▉▊▋▌▍▎▏"}).split() for line in lines if line.strip()]


@pytest.mark.parametrize(
    ("rate", "figures"),
    [(1.23, ["1.2", "1.2", "to", "1.2"]), (1343.0, ["1,343", "1,343", "to", "1,343"]), (134_300.0, ["134,300"] * 2)],
)
def test_no_figure_and_no_date_is_cut(rate: float, figures: list[str]) -> None:
    name = "llama-3.2-3b-instruct-int4"
    (words,) = charted((name, "x", rate))
    assert words[:3] == ["11-26", "02:00", name]
    assert words[3 : 3 + len(figures)] == figures


def test_runs_of_two_engines_are_told_apart() -> None:
    name = "llama-3.2-3b-instruct-int4"
    lines = charted((name, "onnxruntime-genai", 504.0), (f"{name} (tensorrt-edge-llm)", "tensorrt-edge-llm", 134_300.0))
    assert [line[2] for line in lines[::2]] == [name, name]
    assert lines[1::2] == [["(onnxruntime-genai)"], ["(tensorrt-edge-llm)"]]
