"""What the machine draws, learnt while it runs. Pure.

Watts are nearly linear in the share of time in which the engine steps:

    total = base + other + prefill x (share spent reading prompts) + decode x (share spent generating)

`base` is learnt while the engine is idle. While it is busy one equation has to teach three numbers, so that they are
told apart by their pace: `prefill` and `decode` quickly at first and then slowly (normalised least mean squares),
`other` takes what changes fast: other programs, a fan, a new clock. Told apart by the variation of the shares, as a
regression does it, they drift to nonsense: meter and shares are some tenths of a second apart.
"""

from dataclasses import dataclass, replace

from agent.units import Milliwatts, Ratio, Seconds

_SMOOTHING = Seconds(1.0)
"""Total and shares are averaged alike over about so long before they are compared."""
_BASE_FOLLOWS = Seconds(1.0)
_GAIN = 1.25
"""Share of an error that is learnt in a second, from a quiet meter."""
_LOUD = 0.05
"""Where the error changes by so much of the engine's power from one sample to the next it is believed half as fast:
the meter catches the engine now in a step and now between two."""
_LEAST_RISE = 1.0
"""Milliwatts: an engine that seems to draw nothing is loud in any meter."""
_FAR_OFF = 6.0
_FIRST = 4.0
"""The first samples are averaged, whatever they scatter: the more of them there are, the less each counts."""
_SLOW = 0.08
"""The least part of what is learnt that goes to the engine's own watts."""
_FEW = 50.0
"""After so many samples that part has halved."""
_COMES_BACK = Seconds(3.0)
_SCATTER_SHARE = 0.05
_QUIET = 0.01
"""Of an idle engine's smoothed share."""
_SMALL = 0.01
"""Shares whose square is less teach little of the engine."""
_LEAST = 1.0
"""Milliwatts that the engine's own never fall below: they are divided by."""


@dataclass(frozen=True, slots=True)
class Work:
    """What the engine did over a span of time, as shares of that time."""

    prefill: Ratio
    decode: Ratio

    @property
    def busy(self) -> Ratio:
        """The share in which it stepped."""
        return Ratio(self.prefill + self.decode)


IDLE = Work(Ratio(0.0), Ratio(0.0))


@dataclass(frozen=True, slots=True)
class Rise:
    """What the engine adds at full duty in one phase.

    Attributes:
        samples: How many have taught it, since the engine runs what it runs.
    """

    watts: Milliwatts
    samples: int


@dataclass(frozen=True, slots=True)
class Learnt:
    """The estimate.

    Attributes:
        base: Without the engine, when it was idle last.
        other: What has been added since then by something else; may be negative.
        prefill: What the engine adds while it reads prompts.
        decode: While it generates.
        total: Smoothed.
        work: Likewise.
        error: How far the total is from what this work should draw.
        scatter: How much that changes from one sample to the next.
    """

    base: Milliwatts
    other: Milliwatts
    prefill: Rise
    decode: Rise
    total: Milliwatts
    work: Work
    error: float
    scatter: float

    @property
    def without_engine(self) -> Milliwatts:
        """What the machine draws while the engine rests."""
        return Milliwatts(max(0.0, self.base + self.other))

    def rise(self, work: Work) -> Milliwatts:
        """What full duty adds, for this mix of prefill and decode; for none, the larger of the two."""
        if work.busy <= 0:
            return max(self.prefill.watts, self.decode.watts)
        return Milliwatts(self._engine(work) / work.busy)

    @property
    def belief(self) -> float:
        """How far one sample is to be believed, 0 to 1: less, the more they scatter; fully, what scatter cannot be."""
        if abs(self.error) > _FAR_OFF * self.scatter:
            return 1.0
        loud = self.scatter / max(self.rise(self.work), _LEAST_RISE) / _LOUD
        return 1 / (1 + loud**6)

    def expected(self, work: Work) -> float:
        """The total with this work."""
        return self.base + self.other + self._engine(work)

    def _engine(self, work: Work) -> float:
        return work.prefill * self.prefill.watts + work.decode * self.decode.watts


def begin(total: Milliwatts, rise: Milliwatts) -> Learnt:
    """Before anything is known: the first sample is taken for the base.

    Args:
        total: The first sample.
        rise: A guess of what the engine adds. Too high is safe: it costs a slow first second.
    """
    guess = Rise(rise, samples=0)
    return Learnt(total, Milliwatts(0.0), guess, guess, total=total, work=IDLE, error=0.0, scatter=0.0)


def forget_rise(learnt: Learnt, rise: Milliwatts | None = None) -> Learnt:
    """Something else runs from now on, another model or another batch: learn it anew, from `rise` as a guess."""
    if rise is None:
        return replace(learnt, prefill=Rise(learnt.prefill.watts, 0), decode=Rise(learnt.decode.watts, 0))
    return replace(learnt, prefill=Rise(rise, 0), decode=Rise(rise, 0))


def learn(learnt: Learnt, total: Milliwatts, work: Work, dt: Seconds, *, is_idle: bool) -> Learnt:
    """The estimate after one more sample.

    Args:
        learnt: The estimate before.
        total: The machine's power, measured.
        work: What the engine did since the sample before.
        dt: The time since then.
        is_idle: Whether the engine has had nothing to do in that time, or was not allowed to. A long step is reported
            when it ends: none reported does not mean none made.
    """
    weight = min(1.0, dt / _SMOOTHING)
    smoothed = Work(
        Ratio(learnt.work.prefill + weight * (work.prefill - learnt.work.prefill)),
        Ratio(learnt.work.decode + weight * (work.decode - learnt.work.decode)),
    )
    smoothed_total = Milliwatts(learnt.total + weight * (total - learnt.total))
    error = smoothed_total - learnt.expected(smoothed)
    seen = replace(
        learnt,
        total=smoothed_total,
        work=smoothed,
        error=error,
        scatter=learnt.scatter + _SCATTER_SHARE * (abs(error - learnt.error) - learnt.scatter),
    )
    return _learn_base(seen, dt) if is_idle and smoothed.busy < _QUIET else _learn_engine(seen, dt)


def _learn_base(seen: Learnt, dt: Seconds) -> Learnt:
    """An idle engine: all that is drawn is the base."""
    weight = min(1.0, dt / _BASE_FOLLOWS)
    without = seen.base + seen.other
    return replace(seen, base=Milliwatts(without + weight * (seen.total - without)), other=Milliwatts(0.0))


def _learn_engine(seen: Learnt, dt: Seconds) -> Learnt:
    work = seen.work
    is_prefill = work.prefill > work.decode
    samples = (seen.prefill if is_prefill else seen.decode).samples
    gain = max(min(1.0, _GAIN * dt) * seen.belief, 1 / (_FIRST + samples))
    square = work.prefill**2 + work.decode**2
    own = max(_SLOW, 1 / (1 + samples / _FEW)) * square / (square + _SMALL)
    # What the first samples have put aside as something else comes back: mostly it was a wrong guess.
    back = own * dt / _COMES_BACK * seen.other
    engine = (gain * own * seen.error + back) / max(square, _SMALL)
    prefill = _taught(seen.prefill, engine * work.prefill, counts=is_prefill)
    decode = _taught(seen.decode, engine * work.decode, counts=not is_prefill)
    return replace(
        seen,
        other=Milliwatts(seen.other + gain * (1 - own) * seen.error - back),
        # Until a phase has been seen it is taken to be as the other one.
        prefill=prefill if prefill.samples else Rise(decode.watts, 0),
        decode=decode if decode.samples else Rise(prefill.watts, 0),
    )


def _taught(rise: Rise, more: float, *, counts: bool) -> Rise:
    return Rise(Milliwatts(max(_LEAST, rise.watts + more)), rise.samples + counts)
