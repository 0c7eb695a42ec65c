"""Replies have exactly the documented shape."""

import json
from dataclasses import replace

import pytest

from agent.errors import ErrorCode
from agent.prompt import Completion, Delta, Energy, Failure, FinishReason, PromptId, Timing, Usage
from agent.units import Joules, Seconds, UnixSeconds
from agent.wire import encode_delta, encode_reply

ID = PromptId("p1")


def _completion(timing: Timing) -> Completion:
    return Completion(
        id=ID,
        model="edge-tiny",
        created=UnixSeconds(1790000000.9),
        text='Yes, "a dog". ü',
        finish_reason=FinishReason.STOP,
        usage=Usage(prompt_tokens=42, completion_tokens=17, cached_tokens=32),
        timing=timing,
    )


def test_a_completion() -> None:
    timing = Timing(Seconds(0.0034), Seconds(0.0951), Seconds(0.64), 31.12345)
    assert json.loads(encode_reply(_completion(timing))) == {
        "id": "p1",
        "object": "chat.completion",
        "created": 1790000000,
        "model": "edge-tiny",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": 'Yes, "a dog". ü'}, "finish_reason": "stop"}
        ],
        "usage": {
            "prompt_tokens": 42,
            "completion_tokens": 17,
            "total_tokens": 59,
            "prompt_tokens_details": {"cached_tokens": 32},
        },
        "timing": {"queued_ms": 3, "ttft_ms": 95, "total_ms": 640, "decode_tokens_per_s": 31.1},
        "energy": {"joules": None, "source": None},
        "served_by": "device",
    }


def test_a_completion_that_was_measured() -> None:
    timing = Timing(Seconds(0), Seconds(0.1), Seconds(0.64), 31.1)
    reply = replace(_completion(timing), energy=Energy(Joules(5.91234), "ina3221"))
    assert json.loads(encode_reply(reply))["energy"] == {"joules": 5.912, "source": "ina3221"}


def test_a_completion_without_a_token() -> None:
    timing = json.loads(encode_reply(_completion(Timing(Seconds(1), None, Seconds(1), None))))["timing"]
    assert timing == {"queued_ms": 1000, "ttft_ms": None, "total_ms": 1000, "decode_tokens_per_s": None}


@pytest.mark.parametrize(("retry_after", "expected"), [(None, None), (Seconds(2.5), 2500)])
def test_a_failure(retry_after: Seconds | None, expected: int | None) -> None:
    failure = Failure(ID, ErrorCode.QUEUE_FULL, "1000 prompts wait", retry_after)
    assert json.loads(encode_reply(failure)) == {
        "id": "p1",
        "error": {"code": "queue_full", "message": "1000 prompts wait", "retry_after_ms": expected},
    }


def test_a_delta() -> None:
    expected = {"id": "p1", "index": 3, "delta": " dög", "finish_reason": None}
    assert json.loads(encode_delta(Delta(ID, 3, " dög"))) == expected
