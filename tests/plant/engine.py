"""An engine whose steps take simulated time and power. It answers with as many tokens as it is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agent.engine.protocol import Capabilities, Event, Finished, GenerationRequest, Tokens
from agent.prompt import Delta, FinishReason, PromptId, Usage
from tests.plant.world import World

CHUNK_TOKENS = 64


@dataclass(slots=True)
class _Running:
    request: GenerationRequest
    unread: int
    said: int = 0
    ended: FinishReason | None = None


@dataclass(slots=True)
class PlantEngine:
    """Continuous batching: reads one part of one prompt, else a token for every request.

    Attributes:
        tokens: How many it has generated.
        token_times: When.
        busy: Time spent in steps.
        draws: What the loaded model adds, relative to the board's.
    """

    world: World
    max_batch: int
    tokens: int = 0
    busy: float = 0.0
    token_times: list[float] = field(default_factory=list)
    paced: bool = True
    draws: float = 1.0
    _running: dict[PromptId, _Running] = field(default_factory=dict)
    _advanced: dict[PromptId, Tokens] = field(default_factory=dict)

    def capabilities(self) -> Capabilities:
        return Capabilities("plant", 8192, self.max_batch, guidance=False, paced=self.paced)

    def admit(self, request: GenerationRequest) -> None:
        prompt_tokens = int(request.messages[0].content)
        self._running[request.id] = _Running(request, -(-prompt_tokens // CHUNK_TOKENS))

    def cancel(self, request_id: PromptId, reason: FinishReason = FinishReason.CANCELLED) -> None:
        if request_id in self._running:
            self._running[request_id].ended = reason

    def step(self) -> Sequence[Event]:
        board, world = self.world.board, self.world
        began = world.now()
        reading = next((it for it in self._running.values() if it.unread and it.ended is None), None)
        if reading is not None:
            world.work(world.step_s(board.prefill_s, clock_bound=0.9), self.draws * world.rise_w(board.prefill_w))
            reading.unread -= 1
            self._advanced = {reading.request.id: Tokens(prefill=CHUNK_TOKENS)}
            events: list[Event] = []
        else:
            others = len(self._running) - 1
            seconds = world.step_s(board.decode_s, board.clock_bound) * (1 + board.batch_time * others)
            world.work(seconds, self.draws * world.rise_w(board.decode_w) * (1 + board.batch_rise * others))
            self._advanced = {request_id: Tokens(decode=1) for request_id in self._running}
            events = [self._advance(it) for it in list(self._running.values())]
        self.busy += world.now() - began
        return events

    def advanced(self) -> Mapping[PromptId, Tokens]:
        return self._advanced

    def kept(self) -> int:
        return 0

    def forget(self) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        self._running.clear()

    def _advance(self, running: _Running) -> Event:
        request = running.request
        self.tokens += 1
        self.token_times.append(self.world.now())
        running.said += 1
        ended = running.ended or (FinishReason.LENGTH if running.said >= request.sampling.max_tokens else None)
        if ended is None:
            return Delta(request.id, running.said - 1, "a")
        del self._running[request.id]
        return Finished(request.id, ended, "", Usage(1, running.said), None, self.world.now())
