"""Which engine comes first, and which failures last: tables."""

import pytest

from agent.engine.preference import MachineFacts, Remembered, is_lasting, order, preferred, why
from agent.events import LoadProblem

EDGE, TRT, GENAI, LLAMA = "tensorrt-edge-llm", "tensorrt-llm", "onnxruntime-genai", "llama.cpp"
GPU, CPU = MachineFacts(has_gpu=True), MachineFacts(has_gpu=False)
BROKEN = Remembered("broken")


@pytest.mark.parametrize(
    ("there", "machine", "remembered", "ordered"),
    [
        ((GENAI,), CPU, {}, (GENAI,)),
        ((LLAMA, GENAI), CPU, {}, (GENAI, LLAMA)),
        ((GENAI, TRT, EDGE, LLAMA), GPU, {}, (EDGE, TRT, GENAI, LLAMA)),
        ((GENAI, TRT, EDGE, LLAMA), CPU, {}, (GENAI, LLAMA, TRT, EDGE)),
        ((GENAI, TRT), GPU, {TRT: BROKEN}, (GENAI, TRT)),
        ((GENAI, TRT), GPU, {TRT: BROKEN, GENAI: BROKEN}, (TRT, GENAI)),
        ((TRT,), GPU, {TRT: BROKEN}, (TRT,)),
        ((GENAI, LLAMA), CPU, {GENAI: Remembered(None, 14.0), LLAMA: Remembered(None, 21.0)}, (LLAMA, GENAI)),
        ((GENAI, LLAMA), CPU, {GENAI: Remembered(None, 14.0), LLAMA: Remembered(None, 9.0)}, (GENAI, LLAMA)),
        ((GENAI, LLAMA), CPU, {LLAMA: Remembered(None, 21.0)}, (GENAI, LLAMA)),
        ((GENAI, LLAMA), CPU, {GENAI: Remembered(None, 14.0), LLAMA: Remembered("broken", 21.0)}, (GENAI, LLAMA)),
        ((TRT, GENAI, LLAMA), GPU, {GENAI: Remembered(None, 1.0), LLAMA: Remembered(None, 2.0)}, (TRT, LLAMA, GENAI)),
    ],
)
def test_the_order(
    there: tuple[str, ...], machine: MachineFacts, remembered: dict[str, Remembered], ordered: tuple[str, ...]
) -> None:
    assert order(there, machine, remembered) == ordered
    assert sorted(preferred(there, machine, remembered)) == sorted(there)


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
        (LoadProblem.REFUSED, "NvMapMemAllocInternalTagged: 1075072515 error 12", True, False),
        (LoadProblem.KILLED, "the engine's process ended: signal SIGKILL", True, False),
        (LoadProblem.NOT_STARTED, "the engine's process did not start: Cannot allocate memory", True, False),
    ],
)
def test_what_is_worth_remembering(problem: LoadProblem, reason: str, *, calm: bool, lasting: bool) -> None:
    assert is_lasting(problem, reason, memory_is_calm=calm) is lasting


def test_why_one_was_taken() -> None:
    assert why(GENAI, (GENAI,), {}, {}) == "the only one here"
    assert why(TRT, (TRT, GENAI, LLAMA), {}, {}) == "preferred here to onnxruntime-genai, llama.cpp"
    assert (
        why(GENAI, (TRT, GENAI), {TRT: "no GPU"}, {TRT: Remembered("no GPU")}) == "tensorrt-llm was tried first: no GPU"
    )
    assert why(LLAMA, (EDGE, GENAI, LLAMA), {GENAI: "out of memory"}, {EDGE: BROKEN}) == (
        "tensorrt-edge-llm is not tried again, it did not load: broken; "
        "onnxruntime-genai was tried first: out of memory"
    )
    assert why(GENAI, (TRT, GENAI), {}, {}) == "tensorrt-llm had no room in memory"
    assert len(why(GENAI, (TRT, GENAI), {TRT: "x" * 5000}, {})) < 250
