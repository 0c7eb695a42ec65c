"""What senders are told whose prompts the journal does not take."""

from dataclasses import dataclass
from typing import Final, assert_never

from agent.errors import ErrorCode
from agent.journal import Arrival, Objection, Refusal
from agent.prompt import Failure, OutMessage
from agent.units import Seconds
from agent.wire import encode_reply

_STORAGE_RETRY_AFTER: Final = Seconds(30.0)


@dataclass(frozen=True, slots=True)
class Refusals:
    """Makes refusals, with the numbers of one moment: the journal calls it in another thread.

    Attributes:
        max_prompts: The queue's limit.
        retry_after: When a tenth of the queue will have run.
    """

    max_prompts: int
    retry_after: Seconds

    def __call__(self, arrival: Arrival, objection: Objection) -> Refusal:
        """The refusal of one arrival."""
        failure = self._failure(arrival, objection)
        reply = OutMessage(
            topic=arrival.reply_to.topic, payload=encode_reply(failure), correlation=arrival.reply_to.correlation
        )
        return Refusal(reply, retryable=failure.retry_after is not None, code=failure.code)

    def _failure(self, arrival: Arrival, objection: Objection) -> Failure:
        match objection:
            case Objection.QUEUE_FULL:
                full = f"{self.max_prompts} prompts wait already, the most that queue.max_prompts allows"
                return Failure(arrival.id, ErrorCode.QUEUE_FULL, full, self.retry_after)
            case Objection.STORAGE_FULL:
                full = "the device's storage is full; the prompt was not taken"
                return Failure(arrival.id, ErrorCode.STORAGE_FULL, full, _STORAGE_RETRY_AFTER)
            case Objection.ID_TAKEN:
                taken = f"the id {arrival.id} is taken by another prompt: use a new one"
                return Failure(arrival.id, ErrorCode.INVALID_REQUEST, taken)
            case Objection.TOO_LARGE:
                large = "an eighth of journal.max_size is the most that is stored at once; the prompt is larger"
                return Failure(arrival.id, ErrorCode.TOO_LARGE, large)
            case _:
                assert_never(objection)
