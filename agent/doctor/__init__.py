"""`jetson-agent doctor`: what this machine is, what works on it, and what to do about the rest. Changes nothing."""

from agent.doctor.doctor import run_doctor

__all__ = ["run_doctor"]
