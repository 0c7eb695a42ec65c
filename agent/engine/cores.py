"""How many processor cores an engine computes on, and how onnxruntime is told so."""

import json
import os
from collections.abc import Mapping
from typing import Any

import psutil


def usable_cores() -> int:
    """Physical cores, as far as this process may use them; at least 1.

    Two threads of one core share its arithmetic units, which a matrix product keeps busy alone. A `CPUAffinity` of the
    service counts (systemd.exec(5)); a `CPUQuota`, which gives shares of time and not cores, does not.
    """
    allowed = len(os.sched_getaffinity(0))
    return min(allowed, psutil.cpu_count(logical=False) or allowed)


def session_overlay(model: Mapping[str, Any], cores: int) -> str:
    """What onnxruntime-genai is to be told beyond a model's own configuration, as its `Config.overlay` takes it.

    Left to itself the library takes half as many threads as there are cores, as if each second one were a hyper-thread.
    And its threads spin while they wait for each other, which, where other programs run too, keeps the very thread from
    running that they wait for.

    Args:
        model: The `model` of a `genai_config.json`; what that sets itself stays.
        cores: To compute on.
    """
    own = model.get("decoder", {}).get("session_options", {})
    wanted = {"intra_op_num_threads": cores, "session.intra_op.allow_spinning": "0"}
    chosen = {key: value for key, value in wanted.items() if key not in own}
    return json.dumps({"model": {"decoder": {"session_options": chosen}}})
