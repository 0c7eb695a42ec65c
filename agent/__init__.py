"""jetson-agent: a small language model that works unattended on a device."""

__version__ = "0.1.0.dev0"
