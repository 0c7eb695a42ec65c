"""What was measured: values. Pure; a document of them is the JSON that `bench` writes."""

from dataclasses import dataclass

from agent.bench.cells import Cell
from agent.units import Bytes, Joules, Ratio, Seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """One request. Times are since the moment at which all of its batch were sent.

    Attributes:
        first_token: When the engine's process had generated the first token.
        finished: When it had the last.
        gaps: Between the texts that came, one after the other, as the agent's process saw them. A text is seldom more
            than one token: where a character is made of several.
    """

    first_token: Seconds
    finished: Seconds
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    gaps: tuple[Seconds, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """A cell, run once.

    Attributes:
        subject: The label of what ran.
        number: Counts the rounds, from 0.
        running: Requests that the engine had at once; the others waited for it.
        energy: Of the whole machine; None where it was not measured.
        memory: The peak of what the engine's process held and the kernel could not take back.
        gpu_memory: The peak of what all programs had of the GPU's memory, where that is known.
        others: Share of the processors' time that other programs took.
    """

    subject: str
    cell: Cell
    number: int
    running: int
    answers: tuple[Answer, ...]
    energy: Joules | None = None
    memory: Bytes | None = None
    gpu_memory: Bytes | None = None
    others: Ratio = Ratio(0.0)  # noqa: RUF009 - a number

    @property
    def seconds(self) -> Seconds:
        """From the first prompt to the last token."""
        return Seconds(max(answer.finished for answer in self.answers))

    @property
    def tokens(self) -> int:
        """Of all answers."""
        return sum(answer.completion_tokens for answer in self.answers)

    @property
    def tokens_per_s(self) -> float:
        """All output tokens over the total time, the first token's included."""
        return self.tokens / self.seconds


@dataclass(frozen=True, slots=True)
class Touched:
    """What one decoding step reads of the memory.

    Attributes:
        weights: Once for all requests.
        token: For each token that a request has read or generated so far: its row of the KV cache.
    """

    weights: Bytes
    token: Bytes

    def step(self, cell: Cell, running: int) -> float:
        """Bytes of a step, on average over the answer."""
        return self.weights + running * self.token * (cell.input_tokens + cell.output_tokens / 2)


@dataclass(frozen=True, slots=True)
class CopyRate:
    """How fast a copy of memory is: bytes read and bytes written, a second.

    Attributes:
        where: Whose memory: `cpu` or `cuda`.
        why: There is none.
    """

    where: str
    bytes_per_s: float | None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What runs: a model on an engine.

    Attributes:
        label: Tells it from the other.
        library: The engine's, with its version.
        touched: None where its files do not tell.
    """

    label: str
    model: str
    engine: str
    library: str
    touched: Touched | None
    copy_rate: CopyRate


@dataclass(frozen=True, slots=True)
class Skipped:
    """A cell that was not run, or not to its end."""

    subject: str
    cell: Cell
    why: str


@dataclass(frozen=True, slots=True)
class Spread:
    """Of several rounds."""

    median: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Of all requests of all rounds."""

    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What all rounds of a cell come to.

    Attributes:
        tokens_per_s: All output tokens of all requests over the time from the first prompt to the last token.
        first_token: Seconds, the time included that a request waits for others.
        between_tokens: Seconds between the texts of an answer; None where each had only one.
        sequence_tokens_per_s: Of one request while it decodes: its tokens after the first over the time since.
        share_of_limit: The bytes that its steps touch in a second over the measured copy rate.
        joules_per_token: Of the whole machine, for each output token.
    """

    subject: str
    cell: Cell
    running: int
    rounds: int
    tokens_per_s: Spread
    first_token: Percentiles
    between_tokens: Percentiles | None
    sequence_tokens_per_s: float | None
    share_of_limit: float | None
    joules_per_token: float | None
    memory: Bytes | None
    gpu_memory: Bytes | None
    ended_early: int
    wrong_prompts: int
    cached_tokens: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two subjects in the same cell, round by round.

    Attributes:
        tokens_per_s: The second's over the first's: more is better.
        first_token: The second's time to first token over the first's, medians of the batch: less is better.
    """

    cell: Cell
    subject: str
    against: str
    rounds: int
    tokens_per_s: Spread
    first_token: Spread


@dataclass(frozen=True, slots=True)
class Machine:
    """What it ran on.

    Attributes:
        power_mode: Of a Jetson.
    """

    name: str
    cpu: str | None
    cpus: int
    memory: Bytes
    jetpack: str | None
    power_mode: str | None


@dataclass(frozen=True, slots=True)
class Document:
    """One run of `bench`.

    Attributes:
        date: UTC, ISO 8601.
        meter: What measured the power; None: nothing.
        no_energy: Why a round may have no joules.
        interrupted: It was ended, by Ctrl-C or another signal, before all rounds were run.
    """

    date: str
    agent: str
    python: str
    machine: Machine
    meter: str | None
    no_energy: str
    subjects: tuple[Subject, ...]
    figures: tuple[Figures, ...]
    pairs: tuple[Pair, ...]
    skipped: tuple[Skipped, ...]
    rounds: tuple[Round, ...]
    interrupted: bool
    format: int = 1
