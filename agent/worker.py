"""The loop in the middle: decide, claim, have it answered, finish."""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from agent import replies
from agent.accounting import EnergyAccounting
from agent.allowance import Allowance, starts_the_same
from agent.answering import Answering, Show, show_nothing
from agent.budget.admission import Admission
from agent.clock import Clock
from agent.counters import Counters
from agent.egress import Egress
from agent.engine.protocol import RequestRunner
from agent.errors import EngineLostError, EngineWithdrawnError, UpstreamAwayError
from agent.journal import JournalThread
from agent.observed import Dropped, Observed
from agent.prompt import OutMessage, Pending, PromptId, Reply
from agent.scheduler import Limits, Run, Shed, Wait, decide
from agent.settling import Settling
from agent.units import Seconds

_LETTING_GO = Seconds(1.0)
"""How long an engine may take to end a request when the agent stops: one step."""


class Worker:
    """Runs prompts on the engine, as the scheduler decides.

    Owns the list of what waits, in memory; the journal has the same on disk. Invariant: a claimed prompt is finished,
    or put back, or (only if the agent dies) found as running by the next start.

    Args:
        journal: Where prompts are claimed and finished.
        engine: Who generates.
        clock: The time.
        publish_lossy: Sends a delta to the broker; may drop it.
        wake_publisher: Called when a reply is in the outbox.
        counters: Told of each reply.
        energy: Told of each request, and asked what it has cost.
        egress: What may leave the device.
        stands_in_for: Models upstream whose prompts the engine may be given instead.
        fall_back: Takes a prompt whose server is away.
        show: Puts into a prompt what the cameras that it names see.
    """

    def __init__(  # noqa: PLR0913 - what a prompt needs on its way; only `app` calls it
        self,
        journal: JournalThread,
        engine: RequestRunner,
        *,
        clock: Clock,
        publish_lossy: Callable[[OutMessage], None],
        wake_publisher: Callable[[], None],
        counters: Counters,
        energy: EnergyAccounting,
        egress: Egress,
        stands_in_for: Collection[str] = (),
        fall_back: Callable[[Sequence[Pending]], None] | None = None,
        show: Show = show_nothing,
    ) -> None:
        self._fall_back = fall_back or self.offer
        self._settling = Settling(journal, counters=counters, energy=energy, wake_publisher=wake_publisher)
        self._engine = engine
        self._clock = clock
        self._pending: dict[PromptId, Pending] = {}
        self._running: dict[PromptId, asyncio.Task[None]] = {}
        self._cancelled: set[PromptId] = set()
        self._changed = asyncio.Event()
        self._caught_up = asyncio.Event()
        self._allowance = Allowance()
        self._stopping = False
        self._answering = Answering(
            engine,
            clock=clock,
            publish_lossy=publish_lossy,
            energy=energy,
            egress=egress,
            stands_in_for=stands_in_for,
            show=show,
        )

    @property
    def queued(self) -> int:
        """How many prompts wait."""
        return len(self._pending)

    @property
    def running(self) -> int:
        """How many prompts run."""
        return len(self._running)

    @property
    def mean_service(self) -> Seconds:
        """Mean time that recent prompts took to run."""
        return self._answering.mean_service

    def offer(self, prompts: Sequence[Pending]) -> None:
        """Take prompts that the journal has just made durable, or had from before."""
        self._pending.update((prompt.id, prompt) for prompt in prompts)
        self._changed.set()

    def cancel(self, prompt_id: PromptId) -> None:
        """End a prompt that waits or runs; its reply says so. An unknown id is ignored: it may just have finished."""
        if prompt_id in self._running or prompt_id in self._pending:
            self._cancelled.add(prompt_id)
            self._engine.cancel(prompt_id)
            self._changed.set()

    def made_old_by(self, observed: Observed) -> list[PromptId]:
        """The prompts that wait whose place a prompt of this takes."""
        return [p.id for p in self._pending.values() if p.observed is not None and observed.makes_old(p.observed)]

    def forget(self, prompt_id: PromptId) -> None:
        """A prompt that waits is not there any more: the journal has another in its place."""
        self._pending.pop(prompt_id, None)
        self._changed.set()

    @property
    def idle_for(self) -> Dropped | None:
        """Why a prompt that came now would not be run soon; None: it would, once a model is loaded."""
        return Dropped.DRAINING if self._stopping else self._allowance.idle_for(self._engine.capabilities)

    @property
    def starved_of(self) -> Dropped | None:
        """What lets nothing run now and may again, held or not: power or memory; None: neither."""
        return self._allowance.starved_of(self._engine.capabilities)

    def hold(self) -> None:
        """Start no more prompts until `release`; what runs goes on, what is late is told."""
        self._allowance = replace(self._allowance, is_held=True)

    def release(self) -> None:
        """Start prompts again."""
        self._allowance = replace(self._allowance, is_held=False)
        self._changed.set()

    async def idle(self) -> None:
        """Wait until nothing runs."""
        while self._running:
            await asyncio.wait(self._running.values())
            await asyncio.sleep(0)  # then each is forgotten

    async def caught_up(self) -> None:
        """Wait until all has begun that may now, of what waits."""
        self._caught_up.clear()
        self._changed.set()
        await self._caught_up.wait()

    @property
    def admission(self) -> Admission:
        """What memory allows."""
        return self._allowance.memory

    def admit(self, admission: Admission) -> None:
        """What memory allows from now on. What runs is not touched."""
        if admission != self._allowance.memory:
            self._allowance = replace(self._allowance, memory=admission)
            self._changed.set()

    def engine_changed(self) -> None:
        """The engine has loaded a model, or lost it."""
        self._changed.set()

    def limit(self, limits: Limits) -> None:
        """From now on start no more than this; what runs goes on."""
        before = self._allowance.power
        self._allowance = replace(self._allowance, power=limits)
        if before is None or not starts_the_same(before, limits):
            self._changed.set()

    async def run(self) -> None:
        """Serve until `drain`, or until cancelled."""
        async with asyncio.TaskGroup() as serving:
            while not self._stopping:
                self._changed.clear()
                limits = self._allowance.limits(self._engine.capabilities)
                match decide(self._offered(), len(self._running), limits, self._clock.now()):
                    case Run(prompt_id):
                        self._start(serving, prompt_id)
                    case Shed(prompt_ids):
                        for prompt_id in prompt_ids:
                            if (pending := self._pending.pop(prompt_id, None)) is not None:  # else it was forgotten
                                await self._shed(pending)
                    case Wait(until):
                        self._caught_up.set()
                        await self._change(until)

    async def drain(self, grace: Seconds) -> None:
        """Stop starting prompts; let the running ones finish, put back those that have not after `grace`."""
        self._stopping = True
        self._changed.set()
        if self._running:
            _, late = await asyncio.wait(self._running.values(), timeout=grace)
            for task in late:
                task.cancel()
            if late:  # an engine that hangs does not let go: its process is ended later in the stop
                await asyncio.wait(late, timeout=_LETTING_GO)

    def _offered(self) -> list[Pending]:
        """What waits; what is cancelled or refused is late at once, so that it is answered without its turn."""
        now = self._clock.now()
        refuse = self._allowance.refuses
        return [replace(p, deadline=now) if refuse or p.id in self._cancelled else p for p in self._pending.values()]

    async def _change(self, until: Seconds | None) -> None:
        """Wait for a new prompt, an ended one, a cancellation, an engine, or `until`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if until is None else max(0.0, until - self._clock.now())):
                await self._changed.wait()

    async def _shed(self, pending: Pending) -> None:
        """Answer a prompt that waited too long, was cancelled, or for which there is no memory or no power."""
        now = self._clock.now()
        reply: Reply | None
        if pending.id in self._cancelled:
            self._cancelled.discard(pending.id)
            reply = replies.cancelled(pending, self._engine.model, now, self._clock.wall())
        else:
            reply = self._allowance.refusal(pending, now)
        if reply is None:
            self.offer([pending])  # there is memory again since this lot was decided on
        else:
            await self._settling.finish(reply, pending.observed)

    def _start(self, serving: asyncio.TaskGroup, prompt_id: PromptId) -> None:
        pending = self._pending.pop(prompt_id)
        task = serving.create_task(self._serve(pending), name=f"prompt {prompt_id}")
        self._running[prompt_id] = task
        task.add_done_callback(lambda _: self._ended(prompt_id))

    def _ended(self, prompt_id: PromptId) -> None:
        del self._running[prompt_id]
        if prompt_id not in self._pending:
            self._cancelled.discard(prompt_id)
        self._changed.set()

    async def _serve(self, pending: Pending) -> None:
        """Claim one prompt, get its reply, and finish it; or put it back."""
        try:
            claimed = await self._settling.claim(pending.id)
            if claimed is None:
                return
            loaded = self._engine.capabilities
            if loaded is None or pending.id in self._cancelled:  # meanwhile
                await self._put_back(pending, engine_lost=False)
                return
            reply = await self._answering.reply(
                claimed,
                loaded,
                room=lambda: self._allowance.memory.room,
                is_cancelled=lambda: pending.id in self._cancelled,
            )
        except EngineWithdrawnError:
            await self._put_back(pending, engine_lost=False)
        except EngineLostError:
            await self._put_back(pending, engine_lost=True)
        except UpstreamAwayError:
            await self._settling.put_back(pending.id, engine_lost=False)
            (self.offer if pending.id in self._cancelled else self._fall_back)([pending])
        except asyncio.CancelledError:
            await self._settling.let_go(pending.id)
            raise
        else:
            await self._settling.finish(reply, pending.observed)

    async def _put_back(self, pending: Pending, *, engine_lost: bool) -> None:
        await self._settling.put_back(pending.id, engine_lost=engine_lost)
        self.offer([pending])
