"""How far a rollout is, in a file: the same command goes on from there. Owns `DIR/rollouts/`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from agent.durable_file import write_durably
from agent.fleet_admin.errors import FleetError
from agent.fleet_admin.phases import Plan
from agent.fleet_admin.seen import Seen
from agent.units import UnixSeconds


@dataclass(frozen=True, slots=True)
class Rollout:
    """How far one is.

    Attributes:
        plan: What was wanted.
        phase: Which phase is now.
        since: When it was signed.
        state: Whether it goes on.
        devices: What devices said last, for those that say nothing while nobody listens.
    """

    plan: Plan
    phase: int
    since: UnixSeconds
    state: Literal["running", "done", "gone_back"]
    devices: tuple[Seen, ...] = ()


_FORM = TypeAdapter(Rollout)


def read_rollout(file: Path) -> Rollout | None:
    """What is written; None: nothing. Raises `FleetError`."""
    try:
        return _FORM.validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FleetError(f"{file}: {error.strerror}") from error
    except ValidationError as error:
        raise FleetError(f"{file}: cannot be read; without it a rollout begins anew") from error


def write_rollout(file: Path, rollout: Rollout) -> None:
    """Write it. Raises `FleetError`."""
    try:
        file.parent.mkdir(exist_ok=True)
        write_durably(file, _FORM.dump_json(rollout, indent=1))
    except OSError as error:
        raise FleetError(f"{file}: {error.strerror}") from error
