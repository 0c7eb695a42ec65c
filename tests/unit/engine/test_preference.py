"""Which engine comes first, and which failures last: tables."""

import pytest

from agent.engine.preference import MachineFacts, is_lasting, order, preferred, why, why_none
from agent.events import LoadProblem

EDGE, TRT, GENAI = "tensorrt-edge-llm", "tensorrt-llm", "onnxruntime-genai"
GPU, CPU = MachineFacts(has_gpu=True), MachineFacts(has_gpu=False)


@pytest.mark.parametrize(
    ("there", "machine", "failures", "ordered"),
    [
        ((GENAI,), CPU, {}, (GENAI,)),
        ((EDGE, TRT), CPU, {}, (TRT, EDGE)),
        ((GENAI, TRT, EDGE), GPU, {}, (EDGE, TRT, GENAI)),
        ((GENAI, TRT, EDGE), CPU, {}, (GENAI, TRT, EDGE)),
        ((GENAI, TRT), GPU, {TRT: "broken"}, (GENAI, TRT)),
        ((GENAI, TRT), GPU, {TRT: "broken", GENAI: "broken"}, (TRT, GENAI)),
        ((TRT,), GPU, {TRT: "broken"}, (TRT,)),
    ],
)
def test_the_order(
    there: tuple[str, ...], machine: MachineFacts, failures: dict[str, str], ordered: tuple[str, ...]
) -> None:
    assert order(there, machine, failures) == ordered
    assert sorted(preferred(there, machine)) == sorted(there)


@pytest.mark.parametrize(
    ("problem", "reason", "calm", "lasting"),
    [
        (LoadProblem.REFUSED, "no kernel image is available for execution on the device", True, True),
        (LoadProblem.CRASHED, "the engine's process ended: signal SIGABRT", True, True),
        (LoadProblem.TIMED_OUT, "it had not loaded after 600 s", True, True),
        (LoadProblem.REFUSED, "anything", False, False),
        (LoadProblem.CRASHED, "the engine's process ended: signal SIGABRT", False, False),
        (LoadProblem.TIMED_OUT, "it had not loaded after 600 s", False, False),
        (LoadProblem.REFUSED, "cudaMalloc failed: out of memory", True, False),
        (LoadProblem.REFUSED, "MemoryError: ", True, False),
        (LoadProblem.REFUSED, "NvMapMemAllocInternalTagged: 1075072515 error 12", True, False),
        (LoadProblem.KILLED, "the engine's process ended: signal SIGKILL", True, False),
        (LoadProblem.NOT_STARTED, "the engine's process did not start: Cannot allocate memory", True, False),
    ],
)
def test_what_is_worth_remembering(problem: LoadProblem, reason: str, *, calm: bool, lasting: bool) -> None:
    assert is_lasting(problem, reason, memory_is_calm=calm) is lasting


def test_why_one_was_taken() -> None:
    assert why(GENAI, (GENAI,), {}, {}) == "the only one here"
    assert why(EDGE, (EDGE, TRT, GENAI), {}, {}) == "preferred here to tensorrt-llm, onnxruntime-genai"
    assert why(GENAI, (TRT, GENAI), {TRT: "no GPU"}, {TRT: "no GPU"}) == "tensorrt-llm was tried first: no GPU"
    assert why(GENAI, (EDGE, TRT, GENAI), {TRT: "out of memory"}, {EDGE: "broken"}) == (
        "tensorrt-edge-llm is not tried again, it did not load: broken; tensorrt-llm was tried first: out of memory"
    )
    assert why(GENAI, (TRT, GENAI), {}, {}) == "tensorrt-llm had no room in memory"
    assert len(why(GENAI, (TRT, GENAI), {TRT: "x" * 5000}, {})) < 250


def test_why_none_was() -> None:
    assert why_none("m", GENAI, "no CUDA") == "m does not load by onnxruntime-genai: no CUDA"
    assert len(why_none("m", GENAI, "x" * 5000)) < 550
