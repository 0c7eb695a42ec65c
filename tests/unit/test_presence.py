"""What `R/status` says of the device."""

import json
from typing import Any

import pytest

from agent.clock import Clock
from agent.events import ModelLoaded, UpdateState
from agent.presence import Presence


@pytest.fixture
def presence() -> Presence:
    return Presence("edge/d", Clock("boot"))


def said(presence: Presence) -> dict[str, Any]:
    status: dict[str, Any] = json.loads(presence.online().payload)
    return status


def test_without_a_model_it_says_why(presence: Presence) -> None:
    presence.model_loaded(ModelLoaded("m", 1.0, 100, "e"), "the only one here")
    presence.not_loaded("m does not load by e: no CUDA")
    status = said(presence)
    assert [status[it] for it in ("model", "context_length", "engine", "vision")] == [None] * 4
    assert status["engine_reason"] == "m does not load by e: no CUDA"
    presence.model_loaded(ModelLoaded("n", 1.0, 100, "e"), "the only one here")
    assert [said(presence)[it] for it in ("model", "engine_reason")] == ["n", "the only one here"]
    presence.model_unloaded()
    assert said(presence)["engine_reason"] is None


def test_a_release_is_on_trial_while_it_is_proving(presence: Presence) -> None:
    assert not presence.is_on_trial
    for state in ("proving", "committed"):
        presence.updating("2.0", UpdateState("2.0", state, "", rejected=False))
        assert presence.is_on_trial == (state == "proving")
