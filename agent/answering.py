"""A claimed prompt on the engine, or on the server that has its model, to its reply."""

import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from statistics import fmean

from agent import replies
from agent.accounting import EnergyAccounting
from agent.budget.admission import Room
from agent.clock import Clock
from agent.egress import Egress
from agent.engine.protocol import Capacity, Finished, GenerationRequest, Refused, RequestRunner
from agent.errors import EngineLostError, EngineWithdrawnError, ErrorCode, RejectedError, UpstreamAwayError
from agent.journal import Claimed
from agent.prompt import Delta, Failure, OutMessage, Place, Prompt, Reply
from agent.units import Seconds
from agent.wire import encode_delta

MAX_ENGINE_LOSSES = 2
"""A prompt that was running each time when the engine was lost so often is failed, not tried for ever."""

MAX_CLAIMS = 8
"""Likewise for one that was running each time when the whole agent died: it may be what kills it."""

Show = Callable[[Prompt, bool], Awaitable[Prompt]]
"""Puts into a prompt what the cameras that it names see: pictures, where the model takes images, else the facts."""

_log = logging.getLogger(__name__)


async def show_nothing(prompt: Prompt, _takes_images: bool) -> Prompt:  # noqa: FBT001 - as in `Show`
    """Without cameras.

    Raises:
        RejectedError: The prompt is from a time when there were some.
    """
    if prompt.cameras:
        raise RejectedError(ErrorCode.NO_PICTURE, f"there is no camera {prompt.cameras[0]}")
    return prompt


class Answering:
    """Runs prompts on the engine; writes nothing down.

    Args:
        engine: Who generates.
        clock: The time.
        publish_lossy: Sends a delta to the broker; may drop it.
        energy: Told of each request, and asked what it has cost.
        egress: What may leave the device.
        stands_in_for: Models for which the engine answers too, when it is given their prompts.
        show: Puts into a prompt what the cameras that it names see.
    """

    def __init__(  # noqa: PLR0913 - what a prompt needs on its way; only `Worker` calls it
        self,
        engine: RequestRunner,
        *,
        clock: Clock,
        publish_lossy: Callable[[OutMessage], None],
        energy: EnergyAccounting,
        egress: Egress,
        stands_in_for: Collection[str],
        show: Show,
    ) -> None:
        self._show = show
        self._egress = egress
        self._stands_in_for = stands_in_for
        self._engine = engine
        self._clock = clock
        self._publish_lossy = publish_lossy
        self._energy = energy
        self._service_times: deque[float] = deque([1.0], maxlen=32)

    @property
    def mean_service(self) -> Seconds:
        """Mean time that recent prompts took to run."""
        return Seconds(fmean(self._service_times))

    async def reply(
        self,
        claimed: Claimed,
        loaded: Capacity,
        *,
        room: Callable[[], Room | None],
        is_cancelled: Callable[[], bool],
    ) -> Reply:
        """The reply to a claimed prompt.

        Args:
            claimed: The prompt.
            loaded: The model that answers.
            room: The memory that there is for it when it begins; None: enough.
            is_cancelled: Whether it is to begin no more, asked when its cameras have been waited for.

        Raises:
            EngineLostError: There is none yet: the prompt is worth another engine.
            UpstreamAwayError: There is none yet: the device's own model is to answer.
            EngineWithdrawnError: Likewise, and the prompt had no part in it.
        """
        prompt = claimed.prompt
        if claimed.claims > MAX_CLAIMS:
            why = f"the agent died {MAX_CLAIMS} times while this prompt was running"
            return Failure(prompt.id, ErrorCode.ENGINE_FAILED, why)
        if prompt.model not in (None, loaded.model, *self._stands_in_for):
            upstream = ", ".join(self._egress.models) or "none"
            why = f"{prompt.model} is not loaded; {loaded.model} is. Models upstream: {upstream}"
            return Failure(prompt.id, ErrorCode.MODEL_NOT_FOUND, why)
        try:
            prompt = await self._shown(prompt, loaded, is_cancelled)
            if self._engine.place is Place.UPSTREAM:
                self._egress.check(prompt)
            return await self._generate(prompt, loaded, room())
        except RejectedError as refusal:
            return Failure(prompt.id, refusal.code, refusal.message, refusal.retry_after_s)
        except (EngineWithdrawnError, UpstreamAwayError):
            raise
        except EngineLostError as lost:
            if claimed.engine_losses + 1 >= MAX_ENGINE_LOSSES:
                return Failure(prompt.id, ErrorCode.ENGINE_FAILED, f"the engine was lost twice: {lost}")
            raise
        except Exception:  # noqa: BLE001 - a bug costs one prompt and not the agent
            _log.exception("prompt_failed", extra={"prompt_id": prompt.id})
            return Failure(prompt.id, ErrorCode.ENGINE_FAILED, "an error in the agent; its log has the details")
        finally:
            self._energy.pause(prompt.id)  # it may be put back, and wait for long

    async def _shown(self, prompt: Prompt, loaded: Capacity, is_cancelled: Callable[[], bool]) -> Prompt:
        """The prompt with what its cameras see, which may have been waited for.

        Raises:
            RejectedError: A camera shows nothing.
            EngineWithdrawnError: The prompt was cancelled meanwhile, or another model is loaded, or none.
        """
        shown = await self._show(prompt, loaded.vision)
        if is_cancelled() or self._engine.capabilities != loaded:
            raise EngineWithdrawnError("while the prompt's cameras were waited for")
        return shown

    async def _generate(self, prompt: Prompt, loaded: Capacity, room: Room | None) -> Reply:
        """Run a prompt on the engine, publishing its deltas.

        Raises:
            EngineLostError: The engine went while the prompt was running.
            UpstreamAwayError: The server is away, and the device's own model is to answer.
            EngineWithdrawnError: It was taken away.
        """
        admitted = self._clock.now()
        request = GenerationRequest(prompt.id, prompt.messages, prompt.sampling, prompt.stream, prompt.deadline, room)
        self._energy.begin(prompt.id)
        async with contextlib.aclosing(self._engine.generate(request)) as events:
            async for event in events:
                match event:
                    case Delta():
                        self._publish_lossy(_delta_message(prompt, event))
                    case Finished():
                        self._service_times.append(event.finished_at - admitted)
                        return replies.completion(
                            prompt,
                            loaded.model,
                            admitted,
                            event,
                            energy=self._energy.end(prompt.id),
                            place=self._engine.place,
                            created=self._clock.wall(),
                        )
                    case Refused(_, code, message, retry_after):
                        return Failure(prompt.id, code, message, retry_after)
        raise EngineLostError("the engine ended the request without an outcome")


def _delta_message(prompt: Prompt, delta: Delta) -> OutMessage:
    to = prompt.reply_to
    return OutMessage(topic=f"{to.topic}/stream", payload=encode_delta(delta), qos=0, correlation=to.correlation)
