"""Builds the cameras of a configuration. Imported only where there are any: without them nothing of it is paid for."""

from collections.abc import Callable, Coroutine
from functools import partial

from agent.camera.cameras import Cameras
from agent.camera.capture.equipment import tell_equipment
from agent.camera.capture.keeper import DEFAULT_SIZE, CaptureKeeper, CaptureState
from agent.camera.first_looks import FirstLooks
from agent.camera.frames import FrameSlots
from agent.camera.looking.host import Looking
from agent.camera.looking.plan import LookPlan
from agent.camera.looking.trouble import LeftOut, LookingLost, LooksShed, Trouble
from agent.camera.observing import Observer, Outlets
from agent.camera.optional import Surroundings
from agent.camera.parts import Parts
from agent.camera.ring import Ring
from agent.camera.run_time import RunTimeFile, holding
from agent.camera.settings import Camera
from agent.camera.showing import Showing
from agent.camera.states import States
from agent.camera.values import CameraName, Picture
from agent.camera.watch import Watch
from agent.camera.wording import describe_facts
from agent.config import Config
from agent.engine.protocol import Capacity
from agent.events import CameraTrouble
from agent.units import Bytes


def build_cameras(
    config: Config, around: Surroundings
) -> tuple[Cameras, Showing, Callable[[], Coroutine[None, None, None]]]:
    """The cameras, what puts what they see into prompts, and what tells once how this machine is equipped for them.

    Args:
        config: Which there are.
        around: What they have to do with.
    """
    configured = {CameraName(name): settings for name, settings in config.cameras.items()}
    file = RunTimeFile(config.state_dir / "cameras.json")
    changes = file.read(configured)
    slots = {name: _slots(settings) for name, settings in configured.items()}
    plans = {name: (slots[name], LookPlan.of(settings)) for name, settings in configured.items()}
    eye = Looking(
        plans,
        on_look=lambda look: cameras.looked(look),  # noqa: PLW0108 - it is built below
        on_blind=lambda camera, why: blind(camera, why),  # noqa: PLW0108 - likewise
        on_trouble=lambda trouble: around.emit(_event_of(trouble)),
    )

    def blind(camera: CameraName, why: str) -> None:
        if parts.watches[camera].lost_because is None:  # else it gives no frames, and that reason is the better one
            cameras.lost(camera, f"nobody looks: {why}")

    async def picture(camera: CameraName, most: Bytes) -> Picture:
        return await eye.picture(camera, most_bytes=most)

    outlets = Outlets(
        around.journal,
        around.intake,
        around.lanes,
        around.counters,
        around.clock,
        picture=picture,
        takes_images=lambda camera, model: _takes_images(config, around.loaded(), camera, model),
        describe=describe_facts,
        publish=around.link.publish,
        wake_publisher=around.wake_publisher,
    )

    def capture(name: CameraName, settings: Camera) -> CaptureKeeper:
        def changed(state: CaptureState) -> None:
            if not state.is_live and not state.has_ended:
                cameras.lost(name, state.why)

        return CaptureKeeper(name, settings, slots[name], clock=around.clock, on_change=changed)

    def observer(name: CameraName, settings: Camera) -> Observer:
        ring = Ring(config.state_dir / "cameras" / name, Bytes(settings.ring))
        return Observer(name, topic=f"{config.topic_prefix}/camera/{name}", ring=ring, outlets=outlets)

    parts = Parts(
        watches={name: Watch(name, holds, around.clock) for name, holds in holding(configured, changes).items()},
        observers={name: observer(name, settings) for name, settings in configured.items()},
        captures={name: capture(name, settings) for name, settings in configured.items()},
        eye=eye,
        frames=tuple(slots.values()),
        first_looks=FirstLooks(configured, around.clock),
    )
    cameras = Cameras(
        parts,
        configured,
        changes=changes,
        file=file,
        prefix=config.topic_prefix,
        states=lambda state_of: States(around.link, configured, state_of),
        emit=around.emit,
        clock=around.clock,
    )
    showing = Showing(parts.first_looks, picture=cameras.picture, facts=cameras.facts, describe=describe_facts)
    return cameras, showing, partial(tell_equipment, configured, around.emit)


def _slots(settings: Camera) -> FrameSlots:
    width, _, height = (settings.size or DEFAULT_SIZE).partition("x")
    return FrameSlots.create(int(width), int(height))


def _takes_images(config: Config, loaded: Capacity | None, camera: CameraName, model: str | None) -> bool:
    """Whether the model that will answer may be shown what a camera sees, as far as that is known by now."""
    upstream = None if model is None else config.upstreams.get(model)
    if upstream is not None:
        return upstream.may_leave.images and camera in upstream.may_leave.cameras
    return loaded is not None and loaded.vision


def _event_of(trouble: Trouble) -> CameraTrouble:
    match trouble:
        case LookingLost(why):
            return CameraTrouble(camera=None, reason=why)
        case LeftOut(camera, why, out_for):
            reason = f"its frames end the process that looks ({why}); it is left out for {out_for / 60:.0f} minutes"
            return CameraTrouble(camera=camera, reason=reason)
        case LooksShed(camera, rate):
            wanted = rate.looked + rate.shed
            return CameraTrouble(camera=camera, reason=f"looked at {rate.looked:.1f} of {wanted:.1f} times a second")
        case _:
            return CameraTrouble(camera=trouble.camera, reason=trouble.why)
