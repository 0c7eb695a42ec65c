"""Whether to draft ahead: from what answers have taken with drafts and without. Pure.

A draft is the text that stood behind the same few tokens before, in the prompt or in the answer; the model verifies it
in one pass. Each kind of request is judged by itself, because what its answers repeat differs: first some answers
without drafts are measured, then some with, and the faster way is taken, until it is time to look again.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from agent.prompt import Sampling
from agent.units import Seconds

DRAFT_LENGTH = 3
"""Tokens drafted at once. One length for all: a generator is made for one, and what it has read is of no use to another
length."""
NGRAM_SIZE = 4
"""Tokens of a match, the one that is drafted included. Shorter ones match more often, and are wrong more often."""
LONG_PROMPT = 256
"""Tokens from which on a prompt is of another kind: there is more in it to repeat."""

ENOUGH = 64
"""Generated tokens that are measured before anything is concluded."""
LEAST_DRAFTED = 32
"""Drafted tokens before their acceptance is judged."""
LEAST_ACCEPTED = 0.25
"""Share of them. With fewer accepted, a pass over four tokens brings less than two: no machine gains from that."""
GAIN_TO_BEGIN = 1.1
"""Times faster, or drafting does not begin: less than that is noise. It goes on while it is no slower."""
LOOK_AGAIN = 2_048
"""Tokens after which drafting is compared anew; while it does not pay, twice as many each time."""
LONGEST_REST = 65_536


class Speculation(StrEnum):
    """When to draft: `model.speculation`."""

    OFF = "off"
    AUTO = "auto"
    ON = "on"


@dataclass(frozen=True, slots=True)
class Kind:
    """What requests are judged together.

    Attributes:
        guided: The answer is held to a JSON Schema.
        long: The prompt has at least `LONG_PROMPT` tokens.
    """

    guided: bool
    long: bool


def kind_of(sampling: Sampling, prompt_tokens: int) -> Kind | None:
    """The kind of a request; None: it is sampled, and drafts would draw other random numbers."""
    if sampling.temperature > 0:
        return None
    return Kind(sampling.json_schema is not None, prompt_tokens >= LONG_PROMPT)


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer took.

    Attributes:
        tokens: Generated.
        took: The steps that generated them.
        drafted: Tokens that were drafted; 0 also when nothing was found to draft.
        accepted: Of those, the ones that the model agreed with.
    """

    tokens: int
    took: Seconds
    drafted: int = 0
    accepted: int = 0

    def __add__(self, other: "Answered") -> "Answered":
        """Both together."""
        return Answered(
            self.tokens + other.tokens,
            Seconds(self.took + other.took),
            self.drafted + other.drafted,
            self.accepted + other.accepted,
        )

    @property
    def per_token(self) -> float:
        """Seconds."""
        return self.took / self.tokens


_NONE = Answered(0, Seconds(0.0))


class Phase(Enum):
    """What is done with requests of a kind."""

    MEASURING = auto()
    """Without drafts, to know what they are to be compared with."""
    TRYING = auto()
    """With drafts."""
    DRAFTING = auto()
    """With drafts, because it was faster."""
    RESTING = auto()
    """Without, because it was not."""


class Trial:
    """Decides for one kind of request.

    Attributes:
        phase: What is done now.
    """

    def __init__(self) -> None:
        self.phase = Phase.MEASURING
        self._seen = _NONE
        self._plain = _NONE
        self._pays = False
        self._rest = LOOK_AGAIN

    @property
    def drafts(self) -> bool:
        """Whether the next request is to be drafted for."""
        return self.phase in (Phase.TRYING, Phase.DRAFTING)

    def add(self, answered: Answered) -> None:
        """A request of this kind has ended, generated as `drafts` said."""
        self._seen += answered
        if self.drafts and self._is_mostly_wrong:
            self._conclude(pays=False)
        elif self.phase is Phase.MEASURING and self._seen.tokens >= ENOUGH:
            self._plain = self._seen
            self._enter(Phase.TRYING)
        elif self.phase is Phase.TRYING and self._seen.tokens >= ENOUGH:
            least = 1.0 if self._pays else GAIN_TO_BEGIN
            self._conclude(pays=self._seen.per_token * least <= self._plain.per_token)
        elif (self.phase is Phase.DRAFTING and self._seen.tokens >= LOOK_AGAIN) or (
            self.phase is Phase.RESTING and self._seen.tokens >= self._rest
        ):
            if self.phase is Phase.RESTING:
                self._rest = min(2 * self._rest, LONGEST_REST)
            self._enter(Phase.MEASURING)

    @property
    def _is_mostly_wrong(self) -> bool:
        return self._seen.drafted >= LEAST_DRAFTED and self._seen.accepted < LEAST_ACCEPTED * self._seen.drafted

    def _conclude(self, *, pays: bool) -> None:
        if pays:
            self._rest = LOOK_AGAIN
        self._pays = pays
        self._enter(Phase.DRAFTING if pays else Phase.RESTING)

    def _enter(self, phase: Phase) -> None:
        self.phase, self._seen = phase, _NONE


class Drafts:
    """Decides for one loaded model.

    Args:
        when: `ON` drafts for every request that is asked about, whatever it brings.
    """

    def __init__(self, when: Speculation) -> None:
        self._when = when
        self._trials: dict[Kind, Trial] = {}

    def length(self, kind: Kind) -> int:
        """How many tokens to draft at once for the next request of a kind; 0: none."""
        if self._when is Speculation.AUTO:
            drafts = self._trials.setdefault(kind, Trial()).drafts
        else:
            drafts = self._when is Speculation.ON
        return DRAFT_LENGTH if drafts else 0

    def add(self, kind: Kind, length: int, answered: Answered) -> None:
        """A request for which `length` was drafted has ended.

        One that began before the last decision says nothing about the present one.
        """
        if self._when is Speculation.AUTO and answered.tokens and length == self.length(kind):
            self._trials[kind].add(answered)
