"""The configuration as one frozen tree.

Every key, its type, its default and what it means stand here, those of `cameras` in `camera.settings`, of `fleet` in
`fleet.settings`.
"""

import re
import socket
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import ByteSize, Field, model_validator

from agent.camera.settings import Camera
from agent.config_values import (
    Duration,
    MaxRunning,
    OffAutoOn,
    Period,
    Port,
    Section,
    Size,
    SpoolSize,
    TimeOfDay,
    TopicLevel,
    Url,
    Watts,
)
from agent.engine.catalog import EngineName
from agent.fleet.settings import Fleet
from agent.units import Seconds

AUTO = "auto"
"""`model.engine`: the agent chooses."""
_ENGINES = "|".join(re.escape(name) for name in (AUTO, *EngineName))
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


class Device(Section):
    """Which device this is."""

    id: TopicLevel = Field(default_factory=socket.gethostname)
    """Its name in every topic. Default: the hostname."""


class Tls(Section):
    """Transport security; leave the section out for plain TCP."""

    ca: Path | None = None
    """PEM file of the authority that signed the broker's certificate. Default: the system's authorities."""
    cert: Path | None = None
    """PEM file of this device's own certificate, for mutual TLS."""
    key: Path | None = None
    """PEM file of its private key."""

    @model_validator(mode="after")
    def _cert_and_key_together(self) -> Self:
        if (self.cert is None) != (self.key is None):
            raise ValueError("cert and key belong together: give both or neither")
        return self


class Broker(Section):
    """The MQTT 5 broker that prompts come from and replies go to."""

    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,253}$")] = "localhost"
    """Name or address."""
    port: Port | None = None
    """TCP port. Default: 8883 with `tls`, else 1883."""
    tls: Tls | None = None
    """Transport security. Default: none."""
    user: str | None = None
    """User name, when the broker asks for one."""
    password_file: Path | None = None
    """File that holds the password; a trailing newline does not count."""
    groups: tuple[TopicLevel, ...] = ()
    """Pools that share one queue: this device takes its share of `<topic_root>/<group>/prompt`."""
    keepalive: Annotated[Duration, Field(ge=1, le=65535)] = Seconds(30.0)
    """How soon a silent connection is noticed."""
    session_expiry: Duration = Seconds(30 * 86400.0)
    """How long the broker keeps prompts for this device while it is away."""

    @property
    def effective_port(self) -> int:
        """The port, with its default worked out."""
        if self.port is not None:
            return self.port
        return 1883 if self.tls is None else 8883

    @model_validator(mode="after")
    def _password_needs_user(self) -> Self:
        if self.password_file is not None and self.user is None:
            raise ValueError("password_file without user: MQTT sends a password only with a user name")
        return self


class Model(Section):
    """The language model."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")] = "edge-tiny"
    """A folder of `models_dir`, or the model that ships with the agent."""
    fallback: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")] | None = None
    """A smaller model, loaded while there is too little memory or power for the other, or no engine loads that. Never
    both at once."""
    engine: Annotated[str, Field(pattern=f"^({_ENGINES})$")] = AUTO
    """What runs models. `auto`: of those that are installed and have the model's files, the first that loads it
    (docs/models.md). One that is named is never replaced by another."""
    max_running: MaxRunning = None
    """Requests at once; `auto`: as many as are found to pay on this machine. Memory and power may allow fewer.
    Default: auto."""
    speculation: OffAutoOn = "off"
    """Whether greedy answers are drafted ahead from what the prompt says: never, where it changes no answer and is
    faster, or always. docs/models.md says what it brings. off, auto or on."""


class Route(Section):
    """A preset that `R/prompt/<route>` puts around what it is sent."""

    system: str | None = None
    """System message."""
    template: str | None = None
    """The user message, with `{prompt}` where the sent text goes. Default: the sent text."""
    schema_file: Path | None = Field(default=None, alias="schema")
    """JSON Schema file that answers must follow."""
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    """The most tokens of an answer."""
    timeout: Duration | None = None
    """The deadline of a prompt that names none."""
    priority: Annotated[int, Field(ge=-100, le=100)] | None = None
    """The priority of a prompt that names none."""
    model: str | None = None
    """The model of a prompt that names none: one on this machine, or upstream."""

    @model_validator(mode="after")
    def _template_has_its_place(self) -> Self:
        if self.template is not None and "{prompt}" not in self.template:
            raise ValueError("template has no {prompt}: the sent text would be lost")
        return self


class MayLeave(Section):
    """What may leave the device for this server. By default nothing."""

    prompts: bool = False
    """Prompts that come without a route."""
    routes: tuple[TopicLevel, ...] = ()
    """Prompts that come through these routes."""
    images: bool = False
    """Also the images of a prompt that may leave."""
    cameras: tuple[TopicLevel, ...] = ()
    """What these cameras see: the facts, and with `images` the picture."""


class Upstream(Section):
    """A model on an OpenAI-compatible server: docs/upstream.md. `<name>` is what a prompt's `model` says."""

    url: Url
    """Where its API begins: `https://nim.local:8000/v1`."""
    model: str | None = None
    """What the server calls the model. Default: `<name>`."""
    may_leave: MayLeave = Field(default_factory=MayLeave)
    when_away: Annotated[str, Field(pattern="^(local|wait|refuse)$")] = "refuse"
    """What becomes of a prompt while the server is away: the device's own model answers (`local`), it waits until its
    deadline, or it is refused. local, wait or refuse."""
    max_running: Annotated[int, Field(ge=1, le=64)] = 4
    """Requests at once."""
    timeout: Annotated[Duration, Field(ge=1)] = Seconds(60.0)
    """A server that says nothing for so long amid a request is away."""
    api_key_file: Path | None = None
    """File that holds the API key, one word of ASCII; a trailing newline does not count."""
    ca: Path | None = None
    """PEM file of the authority that signed the server's certificate. Default: the system's authorities."""

    @model_validator(mode="after")
    def _secret_is_encrypted(self) -> Self:
        url = urlsplit(self.url)
        if self.api_key_file is not None and url.scheme != "https" and url.hostname not in _THIS_MACHINE:
            raise ValueError("api_key_file needs an https url: anybody on the way could read the key")
        return self


class Queue(Section):
    """Prompts that wait."""

    max_prompts: Annotated[int, Field(ge=1)] = 1000
    """More are answered with `queue_full`."""
    max_payload: Size = ByteSize(1024 * 1024)
    """A larger message is answered with `too_large`."""


class Journal(Section):
    """The database that makes prompts and replies durable."""

    keep: Duration = Seconds(86400.0)
    """How long a finished prompt is kept, so that the same id gets the same reply again."""
    max_size: Annotated[Size, Field(ge=1024 * 1024)] = ByteSize(256 * 1024 * 1024)
    """The database file's limit; the oldest finished prompts go first. A prompt may take an eighth of it."""


class Engine(Section):
    """The process that runs the model."""

    load_timeout: Duration = Seconds(600.0)
    """A model that has not loaded by then is given up and the engine restarted."""
    step_timeout: Duration = Seconds(120.0)
    """An engine that makes no progress for so long is killed and restarted."""


class PowerSpan(Section):
    """A budget for a part of each day."""

    begins: TimeOfDay = Field(alias="from")
    """When it begins to hold, local time: 06:30."""
    ends: TimeOfDay = Field(alias="to")
    """When it ends; at or before `from`, on the next day."""
    watts: Watts
    """What the whole machine may draw in between."""


class Power(Section):
    """What the whole machine may draw. Without a budget it is measured all the same."""

    budget_watts: Watts | None = None
    """The budget, in watts. Default: no limit."""
    schedule: tuple[PowerSpan, ...] = ()
    """Other budgets by time of day: `[{from: 22:00, to: 06:00, watts: 8}]`. The first that holds counts."""
    on_unmetered: Annotated[str, Field(pattern="^(allow|refuse)$")] = "allow"
    """Whether prompts are run while there is a budget and nothing measures: allow or refuse."""
    nvpmodel: Annotated[str, Field(pattern="^(keep|manage)$")] = "keep"
    """`manage`: the agent may set the Jetson's power mode, of those that take no reboot. keep or manage."""


class Memory(Section):
    """How much memory the model may take: docs/memory.md."""

    budget: Annotated[Size, Field(ge=1024 * 1024)] | None = None
    """The most that the engine's process may take. Default: what is available less the reserve."""
    reserve: Size = ByteSize(512 * 1024 * 1024)
    """What stays free for everything else on the machine, or in the agent's control group."""
    shorten_context: bool = True
    """Whether a model for whose whole context there is no room is loaded with less."""
    keep_alive: Duration | None = None
    """A model that has had nothing to do for so long is unloaded, and loaded again for the next prompt. Default: it
    stays."""


class Telemetry(Section):
    """What the device measures, sent upstream and shown on the spot."""

    every: Period = Seconds(10.0)
    """How often `R/telemetry` is sent, 1s or more; 0s: never."""
    qos: Annotated[int, Field(ge=0, le=1)] = 0
    """MQTT quality of service, 0 or 1. With 1, the broker acknowledges what it got."""
    spool: SpoolSize = ByteSize(4 * 1024 * 1024)
    """What could not be sent is kept in so much of `state_dir`, the newest of it; 0B: nothing is kept."""
    backlog_rate: Annotated[int, Field(ge=1, le=1000)] = 10
    """So many kept messages a second are sent when the broker is back, at most."""
    port: Port | None = None
    """TCP port on 127.0.0.1 where Prometheus gets the same numbers. Default: none is opened."""


class Config(Section):
    """Everything that can be configured."""

    device: Device = Field(default_factory=Device)
    topic_root: TopicLevel = "edge"
    """First level of every topic."""
    state_dir: Path = Path("/var/lib/jetson-agent")
    """Where the journal and other state live."""
    models_dir: Path | None = None
    """Where models are looked for first. Default: `<state_dir>/models`."""
    stop_timeout: Duration = Seconds(20.0)
    """How long a stop may wait for running prompts and unsent replies."""
    log_level: Annotated[str, Field(pattern="^(DEBUG|INFO|WARNING|ERROR)$")] = "INFO"
    """DEBUG, INFO, WARNING or ERROR."""
    broker: Broker = Field(default_factory=Broker)
    model: Model = Field(default_factory=Model)
    engine: Engine = Field(default_factory=Engine)
    queue: Queue = Field(default_factory=Queue)
    journal: Journal = Field(default_factory=Journal)
    power: Power = Field(default_factory=Power)
    memory: Memory = Field(default_factory=Memory)
    telemetry: Telemetry = Field(default_factory=Telemetry)
    routes: dict[TopicLevel, Route] = Field(default_factory=dict)
    upstreams: dict[TopicLevel, Upstream] = Field(default_factory=dict)
    """Models on servers, by the name that a prompt's `model` gives."""
    cameras: dict[TopicLevel, Camera] = Field(default_factory=dict)
    """What looks, by the name that topics and prompts give."""
    fleet: Fleet | None = None
    """Updates as one of a fleet. Default: this device is not updated by anyone."""

    @property
    def topic_prefix(self) -> str:
        """`R` of the MQTT contract: `<topic_root>/<device id>`."""
        return f"{self.topic_root}/{self.device.id}"
