"""The sensors of a machine: what is there is found once, and looked for again when something is missing."""

from agent.platform.sensors.nvml import Nvml, find_nvml
from agent.platform.sensors.sensors import Sensors

__all__ = ["Nvml", "Sensors", "find_nvml"]
