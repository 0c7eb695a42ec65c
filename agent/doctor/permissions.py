"""What this user may do besides reading sensors: use the GPU, set the power mode."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from agent.doctor.finding import Finding, Mark
from agent.platform.device_file import DeviceFile, device_file
from agent.platform.nvpmodel import Access, PowerMode, PowerModes

_GPU_FILES = (
    "dev/nvmap",
    "dev/nvhost-gpu",
    "dev/nvhost-ctrl-gpu",
    "dev/nvgpu/igpu0/ctrl",
    "dev/nvidia0",
    "dev/nvidiactl",
    "dev/nvidia-uvm",
    "dev/dri/renderD*",
)
"""What CUDA opens: on a Jetson those of `nvmap` and the GPU's driver, on other machines those of the cards."""
_INSTALL = (
    "As root, in the repository's folder: groupadd --system --force jetson-agent && "
    "install -m 755 systemd/jetson-agent-nvpmodel /usr/libexec/ && "
    "install -m 644 systemd/jetson-agent-nvpmodel.socket systemd/jetson-agent-nvpmodel@.service /etc/systemd/system/ "
    "&& systemctl daemon-reload && systemctl enable --now jetson-agent-nvpmodel.socket"
)


def find_device_files(root: Path) -> list[DeviceFile]:
    """Those that there are."""
    return [
        device_file(path, f"/{path.relative_to(root)}") for pattern in _GPU_FILES for path in sorted(root.glob(pattern))
    ]


def judge_device_files(files: Sequence[DeviceFile], user: str, *, is_jetson: bool) -> Iterator[Finding]:
    """Whether this user may use the GPU."""
    denied = [file for file in files if not file.allowed]
    if denied:
        names = ", ".join(f"{file.path} (group {file.group})" for file in denied)
        groups = ",".join(sorted({file.group for file in denied}))
        advice = f"sudo usermod -aG {groups} {user}; it counts from the next login, for a service from its next start."
        yield Finding("access", Mark.WARN, f"The GPU is not for this user: {names}.", advice)
    elif files:
        yield Finding("access", Mark.OK, f"This user may use the GPU: {', '.join(file.path for file in files)}.")
    elif is_jetson:
        advice = "In a container: start it with --runtime nvidia."
        yield Finding("access", Mark.WARN, "The GPU's device files are not there, /dev/nvmap among them.", advice)


def judge_managing(modes: PowerModes, access: Access, user: str, *, managed: bool) -> Finding:
    """Whether the agent may set the power mode, and what it would take."""
    if not managed:
        takes = {
            Access.ROOT: "as root, it could: power.nvpmodel: manage",
            Access.HELPER: "it could, through its helper: power.nvpmodel: manage",
        }.get(access, "to manage it takes power.nvpmodel: manage and the helper jetson-agent-nvpmodel.socket")
        return Finding("mode", Mark.OK, f"The agent leaves the mode alone (power.nvpmodel is keep); {takes}.")
    match access:
        case Access.ROOT | Access.HELPER:
            return Finding("mode", Mark.OK, f"The agent may set {_settable(modes)}.")
        case Access.DENIED:
            found = f"power.nvpmodel is manage, but {user} may not reach the helper"
            advice = f"sudo usermod -aG jetson-agent {user}, or ask as the user that the agent runs as."
        case Access.NO_HELPER:
            found = f"power.nvpmodel is manage, but only root may set modes, and {user} has no helper for it"
            advice = _INSTALL
        case Access.NO_PROGRAM:
            found = "power.nvpmodel is manage, but /usr/sbin/nvpmodel is not there"
            advice = "In a container, the host's helper will do: mount /run/jetson-agent-nvpmodel.sock into it."
    return Finding("mode", Mark.WARN, f"{found}.", advice)


def _settable(modes: PowerModes) -> str:
    """Names, those apart that take a reboot."""

    def named(which: Sequence[PowerMode]) -> str:
        return ", ".join(mode.name for mode in which)

    if modes.current.value is None:
        return "none while it is not known which one is set"
    now = [mode for mode in modes.modes if not modes.needs_reboot(mode)]
    reboot = [mode for mode in modes.modes if modes.needs_reboot(mode)]
    return f"{named(now)}{f'; {named(reboot)} takes a reboot, and is not for the agent' if reboot else ''}"
