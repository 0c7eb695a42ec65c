"""What the engine has done since the agent was last told. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from agent.engine.protocol import Progress, Tokens, Work
from agent.prompt import PromptId
from agent.units import Seconds


@dataclass(slots=True)
class _Done:
    """For one request: tokens, and the seconds of the steps that advanced it."""

    prefill: int = 0
    decode: int = 0
    busy: float = 0.0


class WorkLog:
    """Adds up steps."""

    def __init__(self) -> None:
        self._since: Seconds | None = None
        self._busy = self._prefill = 0.0
        self._work: dict[PromptId, _Done] = {}

    def add(self, advanced: Mapping[PromptId, Tokens], began: Seconds, ended: Seconds) -> None:
        """A step was made, and put this through the model."""
        if self._since is None:
            self._since = began
        took = ended - began
        self._busy += took
        reads = False
        for request_id, tokens in advanced.items():
            done = self._work.get(request_id)
            if done is None:
                done = self._work[request_id] = _Done()
            done.prefill += tokens.prefill
            done.decode += tokens.decode
            done.busy += took
            reads = reads or tokens.prefill > 0
        if reads:
            self._prefill += took

    def take(self, until: Seconds) -> Progress:
        """What was added since the last time, up to now; the next span begins where this one ends."""
        since = until if self._since is None else self._since
        work = tuple(
            Work(request_id, Tokens(done.prefill, done.decode), Seconds(done.busy))
            for request_id, done in self._work.items()
        )
        progress = Progress(since, until, Seconds(self._busy), Seconds(self._prefill), work)
        self._since, self._busy, self._prefill, self._work = until, 0.0, 0.0, {}
        return progress

    def rest(self) -> None:
        """Nothing runs: the next span begins with the next step."""
        self._since = None
