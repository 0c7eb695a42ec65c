"""What the engine has done since the agent was last told. Pure."""

from collections.abc import Mapping

from agent.engine.protocol import Progress, Tokens, Work
from agent.prompt import PromptId
from agent.units import Seconds


class WorkLog:
    """Adds up steps."""

    def __init__(self) -> None:
        self._since: Seconds | None = None
        self._until = Seconds(0.0)
        self._busy = 0.0
        self._work: dict[PromptId, Work] = {}

    @property
    def span(self) -> Seconds:
        """How much time it covers."""
        return Seconds(0.0 if self._since is None else self._until - self._since)

    def add(self, advanced: Mapping[PromptId, Tokens], began: Seconds, ended: Seconds) -> None:
        """A step was made, and put this through the model."""
        if self._since is None:
            self._since = began
        self._until = ended
        took = ended - began
        self._busy += took
        for request_id, tokens in advanced.items():
            before = self._work.get(request_id, Work(request_id, Tokens(), Seconds(0.0)))
            self._work[request_id] = Work(
                request_id,
                Tokens(before.tokens.prefill + tokens.prefill, before.tokens.decode + tokens.decode),
                Seconds(before.busy + took),
            )

    def take(self) -> Progress:
        """What was added since the last time; the next span begins where this one ends."""
        since = self._until if self._since is None else self._since
        progress = Progress(since, self._until, Seconds(self._busy), tuple(self._work.values()))
        self._since, self._busy, self._work = self._until, 0.0, {}
        return progress

    def rest(self) -> None:
        """Nothing runs: the next span begins with the next step."""
        self._since = None
