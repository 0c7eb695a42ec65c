"""How many cores an engine computes on, and what of it a model may decide itself."""

import json
import os

import psutil
import pytest

from agent.engine.cores import session_overlay, usable_cores


def overlay(**own: object) -> object:
    model = {"decoder": {"session_options": {"log_id": "x", **own}}}
    return json.loads(session_overlay(model, 6))["model"]["decoder"]["session_options"]


def test_all_cores_and_no_spinning() -> None:
    assert overlay() == {"intra_op_num_threads": 6, "session.intra_op.allow_spinning": "0"}
    assert session_overlay({}, 6) == session_overlay({"decoder": {"session_options": {}}}, 6)


def test_what_a_model_sets_itself_stays() -> None:
    assert overlay(intra_op_num_threads=1) == {"session.intra_op.allow_spinning": "0"}
    assert overlay(**{"session.intra_op.allow_spinning": "1"}) == {"intra_op_num_threads": 6}
    assert overlay(**{"intra_op_num_threads": 1, "session.intra_op.allow_spinning": "1"}) == {}


def test_a_hyper_thread_is_no_core(monkeypatch: pytest.MonkeyPatch) -> None:
    def physical(cores: int | None) -> None:
        monkeypatch.setattr(psutil, "cpu_count", lambda logical=True: None if logical else cores)

    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    physical(4)
    assert usable_cores() == 4
    physical(None)  # a kernel that does not tell
    assert usable_cores() == 8
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3})
    assert usable_cores() == 1
