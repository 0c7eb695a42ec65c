"""What people are shown of models."""

from pathlib import Path

import pytest

from agent.budget.memory import DoesNotFit, Fits, Need
from agent.models.catalog import Catalog, Entry
from agent.models.manifest import Accuracy, BuiltSource, PerplexityFigure, QuestionsFigure
from agent.models.table import details, fits, human, row
from agent.units import Bytes

MODELS = Path(__file__).parents[3] / "models"
NEED = Need(Bytes(1), Bytes(1), Bytes(1))


def known(name: str) -> Entry:
    entry = Catalog(None, Path("/nowhere"), (MODELS,)).find(name)
    assert entry is not None
    return entry


@pytest.mark.parametrize(
    ("verdict", "says"),
    [
        (Fits(NEED, 131_072), "yes, 131,072 tokens"),
        (DoesNotFit("m", Bytes(3 << 30), Bytes(1 << 30), ever=True), "not now: 3.0 GiB of 1.0 GiB"),
        (DoesNotFit("m", Bytes(3 << 30), Bytes(1 << 20), ever=False), "no: 3.0 GiB of 1 MiB"),
        (None, "?"),
    ],
)
def test_whether_it_fits(verdict: Fits | DoesNotFit | None, says: str) -> None:
    assert fits(verdict) == says


@pytest.mark.parametrize(("size", "says"), [(0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (3 << 40, "3072.0 GiB")])
def test_sizes(size: int, says: str) -> None:
    assert human(size) == says


def test_rows() -> None:
    assert row(known("llama-3.2-3b-instruct-int4"), None, ["onnxruntime-genai"]) == (
        "llama-3.2-3b-instruct-int4",
        "~3.4 GiB",
        "Llama 3.2 Community License",
        "no",
        "?",
        "onnxruntime-genai",
    )
    assert row(known("llama-3.2-11b-vision-instruct"), None, ["openai"])[1:] == (
        "-",
        "Llama 3.2 Community License",
        "no",
        "-",
        "openai",
    )
    assert row(known("edge-tiny"), None, [])[3] == "yes, ships"
    assert row(Entry("mine", None, Path("/models/mine"), own=True), None, []) == ("mine", "?", "?", "yes", "?", "?")


def test_all_that_is_known() -> None:
    entry = known("llama-3.2-1b-instruct-int4")
    assert entry.manifest is not None
    lines = dict(details(entry, entry.manifest, None, ["onnxruntime-genai"]))
    assert "digests unknown until --accept-new" in lines["source"]
    assert "onnx-community/Llama-3.2-1B-Instruct-ONNX at main" in lines["source"]
    assert lines["memory"].startswith("2.0 GiB with 512 tokens, 2.2 GiB with 4,096 tokens")
    assert lines["geometry"].startswith("16 layers of width 2,048, 8 KV heads of 64")


def test_what_a_build_cost() -> None:
    entry = known("edge-tiny")
    assert entry.manifest is not None
    accuracy = Accuracy(
        perplexity=PerplexityFigure(text="t.txt", sha256="0" * 64, tokens=1000, before=8, after=8.5),
        questions=QuestionsFigure(file="q.jsonl", sha256="0" * 64, asked=200, before=190, after=188),
        simulated=True,
    )
    source = BuiltSource(built="fp8 of some-checkpoint", recipe="fp8", tools=("torch 2.13.0", "nvidia-modelopt 0.47.0"))
    manifest = entry.manifest.model_copy(update={"accuracy": accuracy, "source": source})
    lines = dict(details(entry, manifest, None, ["tensorrt-llm"]))
    assert lines["source"] == "fp8 of some-checkpoint (torch 2.13.0, nvidia-modelopt 0.47.0)"
    assert lines["accuracy"] == (
        "after quantization is simulated; perplexity 8.5000 (before: 8.0000) on 1,000 tokens of t.txt; "
        "188 (before: 190) right of 200 questions of q.jsonl"
    )
