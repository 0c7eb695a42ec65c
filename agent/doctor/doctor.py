"""Examines everything, in the order in which a person would ask."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from agent.camera.capture.abilities import Abilities, find_abilities
from agent.candidates import bounds_of
from agent.config import Config, Memory
from agent.doctor.cameras import judge_cameras
from agent.doctor.device import (
    judge_access,
    judge_gpus,
    judge_heat,
    judge_machine,
    judge_memory,
    judge_mode,
    judge_over_current,
    judge_power,
)
from agent.doctor.engine import EngineLibrary, judge_engines, judge_model, probe_engines
from agent.doctor.finding import Finding, Mark
from agent.doctor.permissions import find_device_files, judge_device_files, judge_managing
from agent.doctor.report import Report, as_json, has_problem
from agent.doctor.room import judge_room
from agent.doctor.surroundings import examine_broker, examine_state_dir
from agent.engine.preference import MachineFacts
from agent.errors import ConfigError
from agent.platform.device_file import user_name
from agent.platform.identity import Jetson, has_nvidia_gpu, identify
from agent.platform.memory_now import MemoryGauge
from agent.platform.nvpmodel import find_access, read_power_modes
from agent.platform.readings import Readings, Why
from agent.platform.sensors import Nvml, Sensors, find_nvml

_ROOT = Path("/")


def run_doctor(load: Callable[[], Config], *, json: bool) -> int:
    """Examine and print.

    Args:
        load: Loads the configuration; raises `ConfigError` when it is wrong, which is a finding like others.
        json: Print for programs.

    Returns:
        The exit code: 0 when nothing is a problem.
    """
    if json:
        findings = list(examine(load))
        sys.stdout.write(f"{as_json(findings)}\n")
    else:
        report = Report()
        with report.waiting():
            findings = list(examine(load))
        report.show(findings)
    return 1 if has_problem(findings) else 0


def examine(
    load: Callable[[], Config],
    *,
    root: Path = _ROOT,
    nvml: Callable[[], Nvml] = find_nvml,
    engines: Callable[[], Mapping[str, EngineLibrary]] = probe_engines,
    abilities: Callable[[], Abilities] = find_abilities,
) -> Iterator[Finding]:
    """Every finding.

    Args:
        load: As in `run_doctor`.
        root: Where the machine's file system is mounted.
        nvml: Loads NVIDIA's library.
        engines: Tries the engines' libraries.
        abilities: Finds out what cameras can be read with; asked only when there are any.
    """
    machine = identify(root)
    is_jetson = isinstance(machine, Jetson)
    library_of_cards = nvml()
    sensors = Sensors(root, nvml=library_of_cards)
    libraries = engines()  # between the search for meters and their sample: an energy counter needs some time
    readings = sensors.read()
    yield judge_machine(machine)
    modes = read_power_modes(root)
    yield from judge_mode(modes)
    yield from judge_power(readings.power, is_jetson=is_jetson)
    yield from judge_heat(readings.device)
    yield from judge_over_current(readings.device)
    yield from judge_gpus(readings.device)
    yield from _judge_nvml(library_of_cards, root, readings, is_jetson=is_jetson)
    yield from judge_memory(readings.device.memory)
    now = MemoryGauge(root).read()
    if (room := judge_room(now, bounds_of(Memory()))) is not None:
        yield room
    yield from judge_access(readings)
    yield from judge_device_files(find_device_files(root), user_name(os.geteuid()), is_jetson=is_jetson)
    yield from judge_engines(libraries, is_jetson=is_jetson, has_gpu=_has_nvidia_gpu(root, readings))
    try:
        config = load()
    except ConfigError as error:
        yield Finding("config", Mark.PROBLEM, str(error), "Correct it; model, broker and state were not looked at.")
        return
    yield Finding("config", Mark.OK, f"Device {config.device.id}, prompts on {config.topic_prefix}/prompt.")
    yield from judge_model(config, now, libraries, MachineFacts(has_gpu=has_nvidia_gpu(root)))
    if config.cameras:
        yield from judge_cameras(abilities(), config.cameras, user_name(os.geteuid()))
    yield examine_broker(config.broker)
    yield examine_state_dir(config)
    if modes is not None:
        managed = config.power.nvpmodel == "manage"
        yield judge_managing(modes, find_access(root), user_name(os.geteuid()), managed=managed)


def _judge_nvml(nvml: Nvml, root: Path, readings: Readings, *, is_jetson: bool) -> Iterator[Finding]:
    """NVIDIA's library is missed only where it would tell something."""
    is_needed = not is_jetson or any(gpu.load.why is Why.UNSUPPORTED for gpu in readings.device.gpus)
    if nvml.problem is not None and is_needed and _has_nvidia_gpu(root, readings):
        yield Finding(
            "gpu",
            Mark.WARN,
            f"NVIDIA's driver is there, but {nvml.problem}: load and power of the GPU are not known.",
            "pip install nvidia-ml-py",
        )


def _has_nvidia_gpu(root: Path, readings: Readings) -> bool:
    return bool(readings.device.gpus) or has_nvidia_gpu(root)
