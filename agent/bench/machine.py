"""What machine it is that is measured."""

import os

import psutil

from agent.bench.measured import Machine
from agent.platform.identity import Jetson, identify
from agent.platform.nvpmodel import read_power_modes
from agent.units import Bytes


def this_machine() -> Machine:
    """This one, now."""
    found = identify()
    modes = read_power_modes()
    mode = None if modes is None else modes.current.value
    return Machine(
        name=found.name,
        cpu=None if isinstance(found, Jetson) else found.cpu,
        cpus=len(os.sched_getaffinity(0)),
        memory=Bytes(psutil.virtual_memory().total),
        jetpack=found.jetpack if isinstance(found, Jetson) else None,
        power_mode=None if mode is None else mode.name,
    )
