"""The power modes of a Jetson: read by everybody, set by the tool `nvpmodel`, which needs root and can hang."""

from agent.platform.nvpmodel.modes import PowerMode, PowerModes, read_power_modes
from agent.platform.nvpmodel.setter import ModeChange, ModeSetter
from agent.platform.nvpmodel.tool import Access, find_access, tool_for

__all__ = [
    "Access",
    "ModeChange",
    "ModeSetter",
    "PowerMode",
    "PowerModes",
    "find_access",
    "read_power_modes",
    "tool_for",
]
