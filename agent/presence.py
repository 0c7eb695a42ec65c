"""The retained status message: who is here, with which model; and the will that says who is gone."""

from agent import __version__
from agent.clock import Clock
from agent.events import ModelLoaded, UpdateState
from agent.prompt import OutMessage
from agent.wire import encode_offline, encode_online


class Presence:
    """Owns what `R/status` says.

    Args:
        prefix: `R` of the MQTT contract.
        clock: For the time since when the agent is there.
    """

    def __init__(self, prefix: str, clock: Clock) -> None:
        self._topic = f"{prefix}/status"
        self._since = clock.wall()
        self._model: str | None = None
        self._draining = False
        self._context_length: int | None = None
        self._engine: str | None = None
        self._engine_reason: str | None = None
        self._vision: bool | None = None
        self._release: str | None = None
        self._channel: str | None = None
        self._group: str | None = None
        self._update: UpdateState | None = None

    def model_loaded(self, loaded: ModelLoaded, engine_reason: str | None) -> None:
        """From now on `online` names this model, what it can, the engine that runs it, and why that one was chosen."""
        self._model, self._context_length, self._vision = loaded.model, loaded.context_length, loaded.vision
        self._engine, self._engine_reason = loaded.engine, engine_reason

    def not_loaded(self, why: str) -> None:
        """From now on `online` says why it names no model."""
        self.model_unloaded()
        self._engine_reason = why

    def model_unloaded(self) -> None:
        """From now on `online` names none."""
        self._model = self._context_length = self._engine = self._engine_reason = self._vision = None

    def in_fleet(self, channel: str, group: str | None) -> None:
        """From now on `online` names these with an update."""
        self._channel, self._group = channel, group

    def updating(self, release: str | None, update: UpdateState) -> None:
        """From now on `online` names the release that runs, and says how far an update is."""
        self._release, self._update = release, update

    @property
    def is_draining(self) -> bool:
        """What was last said of draining."""
        return self._draining

    @property
    def is_on_trial(self) -> bool:
        """Whether the release that runs has still to show that it serves."""
        return self._update is not None and self._update.state == "proving"

    def draining(self, on: bool) -> None:  # noqa: FBT001 - as in the command
        """From now on `online` says that the device drains, or does not."""
        self._draining = on

    def online(self) -> OutMessage:
        """The agent is here; the model is null until one is loaded."""
        payload = encode_online(
            version=__version__,
            model=self._model,
            context_length=self._context_length,
            engine=self._engine,
            engine_reason=self._engine_reason,
            vision=self._vision,
            draining=self._draining,
            since=self._since,
            release=self._release,
            channel=self._channel,
            group=self._group,
            update=self._update,
        )
        return OutMessage(self._topic, payload, retain=True)

    def stopped(self) -> OutMessage:
        """The agent was told to stop."""
        return OutMessage(self._topic, encode_offline("stopped"), retain=True)

    def lost(self) -> OutMessage:
        """The broker says this by itself when the connection breaks (the will)."""
        return OutMessage(self._topic, encode_offline("lost"), retain=True)
