"""Rounds and documents to work with."""

from agent.bench.cells import Cell
from agent.bench.figures import all_figures, pairs_of
from agent.bench.measured import Answer, CopyRate, Document, Machine, Round, Skipped, Subject, Touched
from agent.units import Bytes, Joules, Ratio, Seconds

CELL = Cell(batch=1, input_tokens=100, output_tokens=11)
TOUCHED = Touched(weights=Bytes(1_000_000), token=Bytes(100))


def answer(
    first: float = 1.0, finished: float = 2.0, tokens: int = 11, *, prompt: int = 100, cached: int = 0
) -> Answer:
    step = Seconds((finished - first) / max(1, tokens - 1))
    return Answer(Seconds(first), Seconds(finished), prompt, tokens, cached, (step,) * (tokens - 1))


def a_round(
    *answers: Answer,
    subject: str = "a",
    cell: Cell = CELL,
    number: int = 0,
    energy: float | None = None,
    others: float = 0.0,
) -> Round:
    joules = None if energy is None else Joules(energy)
    return Round(subject, cell, number, 1, answers or (answer(),), joules, Bytes(50 << 20), None, Ratio(others))


def a_subject(label: str = "a", touched: Touched | None = TOUCHED, rate: float | None = 100e6) -> Subject:
    why = None if rate else "no GPU here"
    return Subject(label, label, "onnxruntime-genai", "lib 1", touched, CopyRate("cpu", rate, why))


def a_document(
    *rounds: Round,
    subjects: tuple[Subject, ...] = (a_subject(),),
    skipped: tuple[Skipped, ...] = (),
    date: str = "2026-11-26T02:00:00Z",
    interrupted: bool = False,
) -> Document:
    made = rounds or (a_round(),)
    labels = [subject.label for subject in subjects]
    return Document(
        date=date,
        agent="1.2.3",
        python="3.11.7",
        machine=Machine("Orin Nano", None, 6, Bytes(8 << 30), "6.2", "25W"),
        meter=None,
        no_energy="no meter",
        subjects=subjects,
        figures=all_figures(made, subjects),
        pairs=pairs_of(made, *labels) if len(labels) > 1 else (),
        skipped=skipped,
        rounds=made,
        interrupted=interrupted,
    )
