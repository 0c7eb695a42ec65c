"""What cameras say, and what may be set about them."""

import json

import pytest

from agent.camera.run_time import Change, effective
from agent.camera.settings import QuietSpan
from agent.errors import ErrorCode
from agent.observed import Observed
from agent.prompt import Failure, PromptId
from agent.units import Seconds, UnixSeconds
from agent.wire import InvalidPayloadError, decode_camera_set, encode_camera_state, encode_facts, encode_observation
from tests.snapshots import completion
from tests.unit.camera.observations import facts, settings

OBSERVED = Observed("door", "motion", UnixSeconds(1_790_000_000.1234), encode_facts(facts()))
NIGHT = QuietSpan.model_validate({"from": "22:00", "to": "06:30"})
ID = PromptId("a")


@pytest.mark.parametrize(
    ("payload", "change"),
    [
        ("ON", Change(on=True)),
        (" OFF\n", Change(on=False)),
        ('{"on": true}', Change(on=True)),
        ('{"every": "1min"}', Change(every=Seconds(60.0))),
        ('{"when": "code"}', Change(when=("code",))),
        ('{"when": ["always", "motion"], "prompt": null}', Change(when=("always", "motion"))),
        ('{"prompt": ""}', Change(prompt="")),
        ('{"most_per_hour": 20}', Change(most_per_hour=20)),
        ('{"quiet": [{"from": "22:00", "to": "06:30"}]}', Change(quiet=(NIGHT,))),
        ('{"quiet": []}', Change(quiet=())),
        ('{"reset": true, "something": "later"}', Change(reset=True)),
        ("{}", Change()),
    ],
)
def test_what_can_be_set(payload: str, change: Change) -> None:
    assert decode_camera_set(payload.encode()) == change


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ("on", "give ON, OFF, or a JSON object"),
        ("", "give ON, OFF, or a JSON object"),
        ("[]", "give ON, OFF, or a JSON object"),
        ("{", "not JSON: "),
        ('{"on": "yes"}', "/on: must be true or false"),
        ('{"every": 5}', "/every: a duration is a number with its unit"),
        ('{"every": "500ms"}', "/every: must be 0s or at least 1s"),
        ('{"when": []}', "/when: must not be empty"),
        ('{"most_per_hour": 0}', "/most_per_hour: must be at least 1"),
        ('{"quiet": [{"from": "22:00"}]}', "/quiet/0/to: is missing"),
        ('{"quiet": [{"from": "24:00", "to": "06:30"}]}', "/quiet/0/from: a time of day"),
        (json.dumps({"quiet": [{"from": "22:00", "to": "06:30"}] * 25}), "/quiet: must have at most 24 items"),
        ('{"quiet": [{"from": "22:00", "to": "06:30", "on": 1}]}', "/quiet/0/on: is not known here"),
        ('{"when": ["nap"]}', "/when/0: must be one of always, motion, scene_change, code, class, on_demand"),
        (json.dumps({"prompt": "x" * 8193}), "/prompt: must have at most 8192 characters"),
    ],
)
def test_what_cannot(payload: str, why: str) -> None:
    with pytest.raises(InvalidPayloadError) as refused:
        decode_camera_set(payload.encode())
    assert refused.value.code is ErrorCode.INVALID_REQUEST
    assert refused.value.message.startswith(why)


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(InvalidPayloadError, match="not UTF-8"):
        decode_camera_set(b"\xff")


def test_an_observation_without_a_model() -> None:
    assert json.loads(encode_observation(ID, OBSERVED, None)) == {
        "camera": "door",
        "id": "a",
        "text": None,
        "facts": {
            "condition": "clear",
            "light": "bright",
            "movers": [],
            "still_s": 12.3,
            "counts": {"dog": 1},
            "codes": [],
            "width": 320,
            "height": 180,
        },
        "trigger": "motion",
        "taken_at": 1790000000.123,
        "model": None,
        "finish_reason": None,
        "usage": None,
        "timing": None,
        "energy": None,
        "error": None,
    }


def test_an_observation_with_its_answer() -> None:
    said = json.loads(encode_observation(ID, OBSERVED, completion()))
    assert (said["text"], said["model"], said["finish_reason"]) == ("text", "edge-tiny", "stop")
    assert said["usage"]["total_tokens"] == 40
    assert said["timing"]["ttft_ms"] == 100
    assert said["energy"] == {"joules": 5.5, "source": "ina3221"}
    assert said["error"] is None


def test_an_observation_that_could_not_be_answered() -> None:
    failure = Failure(ID, ErrorCode.DEADLINE_EXCEEDED, "it waited", Seconds(2.0))
    said = json.loads(encode_observation(ID, OBSERVED, failure))
    assert said["text"] is None
    assert said["error"] == {"code": "deadline_exceeded", "message": "it waited", "retry_after_ms": 2000}
    assert said["facts"]["light"] == "bright"


def test_facts_of_another_version_come_out_as_they_went_in() -> None:
    old = Observed("door", "smell", UnixSeconds(1.0), '{"condition": "clear", "smell": ["smoke"]}')
    assert json.loads(encode_observation(ID, old, None))["facts"] == {"condition": "clear", "smell": ["smoke"]}


def test_a_state() -> None:
    holds = effective(settings(every="90s", when=["code"]), Change(on=False, quiet=(NIGHT,)))
    assert json.loads(encode_camera_state(holds, "lost", "it is being opened")) == {
        "on": False,
        "every": "90s",
        "when": ["code"],
        "prompt": None,
        "most_per_hour": 360,
        "quiet": [{"from": "22:00", "to": "06:30"}],
        "is_set": True,
        "condition": "lost",
        "why": "it is being opened",
    }
