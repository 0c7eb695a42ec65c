"""Every worker of the agent: the device's own, and one for each model upstream. To others they are one.

Each has its own queue and its own limit, so that a server that is slow or away holds up nothing on the device, and the
device's budget nothing that runs elsewhere. The bound on what waits is on all of them together.
"""

import asyncio
from collections.abc import Mapping, Sequence

from agent.observed import Dropped, Observed
from agent.prompt import Pending, PromptId
from agent.units import Seconds
from agent.worker import Worker


class Lanes:
    """Gives each prompt to the worker of the model that it names.

    Args:
        device: Has the engine, and every prompt that names no model upstream.
        upstream: By the model's name.
    """

    def __init__(self, device: Worker, upstream: Mapping[str, Worker]) -> None:
        self._device = device
        self._upstream = upstream
        self._workers = (device, *upstream.values())

    @property
    def device(self) -> Worker:
        """The device's own."""
        return self._device

    @property
    def queued(self) -> int:
        """How many prompts wait."""
        return sum(worker.queued for worker in self._workers)

    @property
    def running(self) -> int:
        """How many prompts run."""
        return sum(worker.running for worker in self._workers)

    @property
    def mean_service(self) -> Seconds:
        """Mean time that recent prompts took to run on the device."""
        return self._device.mean_service

    def offer(self, prompts: Sequence[Pending]) -> None:
        """Take prompts that the journal has just made durable, or had from before."""
        for prompt in prompts:
            self._worker_of(prompt.model).offer([prompt])

    def cancel(self, prompt_id: PromptId) -> None:
        """End a prompt that waits or runs; its reply says so. An unknown id is ignored: it may just have finished."""
        for worker in self._workers:
            worker.cancel(prompt_id)

    def made_old_by(self, observed: Observed) -> list[PromptId]:
        """The prompts that wait whose place a prompt of this takes."""
        return [prompt_id for worker in self._workers for prompt_id in worker.made_old_by(observed)]

    def forget(self, prompt_id: PromptId) -> None:
        """A prompt that waits is not there any more: the journal has another in its place."""
        for worker in self._workers:
            worker.forget(prompt_id)

    def idle_for(self, model: str | None) -> Dropped | None:
        """Why a prompt for this model that came now would not be run soon; None: it would."""
        return self._worker_of(model).idle_for

    def hold(self) -> None:
        """Start no more prompts until `release`; what runs goes on, what is late is told."""
        for worker in self._workers:
            worker.hold()

    def release(self) -> None:
        """Start prompts again."""
        for worker in self._workers:
            worker.release()

    async def idle(self) -> None:
        """Wait until nothing runs; a prompt may go from one worker to another meanwhile."""
        while self.running:
            for worker in self._workers:
                await worker.idle()

    async def run(self) -> None:
        """Serve until `drain`, or until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for worker in self._workers:
                tasks.create_task(worker.run())

    def _worker_of(self, model: str | None) -> Worker:
        return self._device if model is None else self._upstream.get(model, self._device)

    async def drain(self, grace: Seconds) -> None:
        """Stop starting prompts; let the running ones finish, put back those that have not after `grace`."""
        await asyncio.gather(*(worker.drain(grace) for worker in self._workers))
