"""The engine on onnxruntime-genai's `Generator`: each request has one of its own, and they take turns.

Invariant: no answer depends on what else runs, or on what has been kept of earlier requests.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import onnxruntime_genai as og

from agent.clock import boottime
from agent.engine.chat import ChatEncoder, Vocabulary
from agent.engine.fitting import Fitting, Taken
from agent.engine.guidance import gave_up, grammar
from agent.engine.ort_genai.answer import Answer
from agent.engine.ort_genai.drafting import drafted
from agent.engine.ort_genai.memory import give_back_free_memory
from agent.engine.ort_genai.running import Running
from agent.engine.ort_genai.stock import Stock
from agent.engine.ort_genai.waiting import Line, Waiting
from agent.engine.parts import in_parts
from agent.engine.prefixes import Profile, Wanted, tokens_of
from agent.engine.protocol import Capabilities, Event, GenerationRequest, Refused, Tokens
from agent.engine.speculation import Answered, Drafts, Kind, kind_of
from agent.engine.turns import Turns
from agent.errors import ErrorCode, RejectedError
from agent.prompt import FinishReason, PromptId, Sampling
from agent.units import Seconds

if TYPE_CHECKING:  # it brings Pillow, which a model that reads text does without
    from agent.engine.ort_genai.seeing import Seeing

_A_TOKEN = Tokens(decode=1)


class GeneratorsEngine:
    """One model in onnxruntime-genai.

    A step generates a token for every request that has read its prompt, or reads a part of one prompt. While there is
    both to do, `Turns` has it that nobody waits for more than a part; prompts are read in turns.

    Args:
        model: The loaded `onnxruntime_genai.Model`.
        capabilities: What it can do.
        vocabulary: Of its tokenizer.
        top_k: How many of the likeliest tokens sampling looks at.
        drafts: Decides which greedy answers are drafted for.
        part: Tokens of a prompt that a step reads, at most: between two steps a request can be cancelled.
        seeing: Reads prompts with images; None: the model reads text only.
        load_again: As `Stock` has it.
    """

    def __init__(  # noqa: PLR0913 - what the loader has found out; only it calls this
        self,
        model: Any,  # noqa: ANN401 - the library has no types
        capabilities: Capabilities,
        vocabulary: Vocabulary,
        *,
        top_k: int,
        drafts: Drafts,
        part: int,
        seeing: "Seeing | None" = None,
        load_again: Callable[[], Any] | None = None,
    ) -> None:
        self._stock = Stock(model, top_k=top_k, load_again=load_again)
        self._is_on_gpu = model.device_type != "CPU"
        self._seeing = seeing
        self._drafts = drafts
        self._capabilities = capabilities
        self._tokenizer = og.Tokenizer(model)
        chat = ChatEncoder(self._tokenizer, vocabulary.control)
        self._fitting = Fitting(chat, vocabulary.longest, capabilities.context_length)
        self._part = part
        self._control = frozenset(int(self._tokenizer.encode(text)[0]) for text in vocabulary.control)
        self._ends = frozenset(int(token) for token in self._tokenizer.eos_token_ids)
        self._running: dict[PromptId, Running] = {}
        """The one whose prompt has waited longest first."""
        self._line = Line(self._begin)
        self._turns = Turns()
        self._advanced: dict[PromptId, Tokens] = {}
        self._grammar_edition = 0

    def capabilities(self) -> Capabilities:
        """What this model can do."""
        return self._capabilities

    def admit(self, request: GenerationRequest) -> None:
        """Take a request; it waits for memory that running ones have.

        Raises:
            RejectedError: It does not fit into the context, its schema does not compile, or an image is broken.
        """
        if len(self._running) + len(self._line) >= self._capabilities.max_batch:
            raise ValueError(f"{request.id} is one too many: this engine takes {self._capabilities.max_batch}")
        if self._seeing is None or not request.has_images:
            waiting = Waiting(request, self._fitting.encode(request))
        else:
            fewest = self._seeing.fewest_tokens(request.messages)
            seen = self._fitting.fit(request, self._seeing.read, fewest)
            waiting = Waiting(request, seen.tokens, seen.inputs)
        self._line.join(waiting)

    def step(self) -> Sequence[Event]:
        """Generate the next tokens, or read the next part of a prompt."""
        self._advanced = {}
        events = [*self._end(), *self._line.step()]
        generating = [running for running in self._running.values() if not running.unread]
        began = boottime()
        reading = self._turns.reads(unread=len(generating) < len(self._running), generating=bool(generating))
        if reading:
            events += self._read_part()
        else:
            events += [event for running in generating for event in self._generate(running)]
        self._turns.took(Seconds(boottime() - began), reading=reading)
        return events

    def advanced(self) -> Mapping[PromptId, Tokens]:
        """The part of the prompt, or the tokens, of the last step."""
        return self._advanced

    def kept(self) -> int:
        """Tokens in the KV caches of the generators that are kept, and where several run, in those of the running."""
        running = self._running.values() if self._capabilities.max_batch > 1 else ()
        return self._stock.tokens + sum(it.filled for it in running)

    def forget(self) -> None:
        """Give the kept generators up."""
        self._stock.forget()
        give_back_free_memory()

    def cancel(self, request_id: PromptId, reason: FinishReason = FinishReason.CANCELLED) -> None:
        """End a request at the next step."""
        running = self._running.get(request_id)
        if running is not None:
            running.answer.ended = running.answer.ended or reason
        self._line.cancel(request_id, reason)

    def close(self) -> None:
        """Give the model's memory back."""
        self._running.clear()
        self._line.clear()
        self._stock.close()
        del self._fitting, self._tokenizer, self._seeing
        give_back_free_memory()

    def _end(self) -> Sequence[Event]:
        """The outcomes of those that were cancelled."""
        events: list[Event] = []
        for running in list(self._running.values()):
            if running.answer.ended is not None:
                events += self._finish(running, running.answer.ended, "")
        return events

    def _begin(self, waiting: Waiting) -> bool:
        """Give a request its generator; False when others have the memory for it, or a worn model.

        Raises:
            RejectedError: There is too little for it alone, or its schema cannot be followed.
        """
        request, prompt = waiting.request, waiting.prompt
        kind = kind_of(request.sampling, len(prompt)) if waiting.inputs is None else None
        profile = self._profile(request.sampling, kind)
        if request.min_tokens:
            profile = replace(profile, min_length=len(prompt) + request.min_tokens)
        others = Taken(sum(running.kept.capacity for running in self._running.values()), len(self._running))
        room = self._fitting.room(request, len(prompt), others)
        if room is None or (self._stock.is_worn and self._running):
            return False
        if self._stock.is_worn:
            self._stock.renew()
        # A prompt with images is read at once: the library takes them with the first tokens, or not at all.
        parts = in_parts(prompt, self._part, self._control) if waiting.inputs is None else (tuple(prompt),)
        kept = self._stock.take(Wanted(profile, parts, waiting.tokens, room, is_by_size=self._is_on_gpu))
        answer = Answer(request, self._tokenizer.create_stream(), len(prompt), tokens_of(kept.parts))
        unread = deque(parts[len(kept.parts) :])
        self._running[request.id] = Running(answer, kept, unread, kind, drafted(kept), waiting.inputs)
        return True

    def _profile(self, sampling: Sampling, kind: Kind | None) -> Profile:
        """What a generator for this is made for.

        Raises:
            RejectedError: The schema exceeds a limit, or cannot be followed here.
        """
        followed = None
        if sampling.json_schema is not None:
            if not self._capabilities.guidance:
                why = f"{self._capabilities.model} cannot follow a JSON Schema here"
                raise RejectedError(ErrorCode.UNSUPPORTED, why)
            followed = grammar(sampling.json_schema, self._grammar_edition)
        if kind is not None:
            return Profile(0.0, 1.0, None, followed, draft=self._drafts.length(kind))
        return Profile(sampling.temperature, sampling.top_p, sampling.seed, followed)

    def _read_part(self) -> Sequence[Event]:
        """Of the prompt that has waited longest; then it waits behind the others. Images may be refused."""
        running = next(running for running in self._running.values() if running.unread)
        del self._running[running.answer.id]
        try:
            self._advanced[running.answer.id] = Tokens(prefill=running.read_part())
        except RejectedError as refusal:
            return (Refused(running.answer.id, refusal.code, refusal.message),)
        self._running[running.answer.id] = running
        return ()

    def _generate(self, running: Running) -> Sequence[Event]:
        """Generate a token; its text, where it completes any."""
        answer, generator = running.answer, running.kept.generator
        if answer.completion_tokens:
            running.kept = self._stock.as_recorded(running.kept)
        self._advanced[answer.id] = _A_TOKEN
        began = boottime()
        try:
            generator.generate_next_token()
        except RuntimeError as error:
            if not gave_up(error):
                raise
            del self._running[answer.id]
            self._grammar_edition += 1
            return (answer.refuse(),)
        token = int(generator.get_next_tokens()[0])  # one, also where more have been accepted: they wait
        running.decoding += boottime() - began
        text = answer.take(token, self._ends)
        return answer.tell(text) if answer.ended is None else self._finish(running, answer.ended, text)

    def _finish(self, running: Running, reason: FinishReason, text: str) -> Sequence[Event]:
        events = running.answer.finish(reason, text)
        self._learn(running)
        del self._running[running.answer.id]
        if isinstance(events[-1], Refused):
            self._grammar_edition += 1
        elif self._seeing is None and (running.answer.completion_tokens or not running.read):
            # Amid a prompt it has the logits of a whole part: megabytes. And of a model that sees nothing is
            # kept: the library has no rewinding for it, and does not say so.
            self._stock.keep(replace(running.kept, parts=(*running.kept.parts, *running.read)))
        return events

    def _learn(self, running: Running) -> None:
        """Tell what the answer took with drafts, or without."""
        if running.kind is not None:
            now = drafted(running.kept)
            proposed, accepted = (n - before for n, before in zip(now, running.already, strict=True))
            answered = Answered(running.answer.completion_tokens, Seconds(running.decoding), proposed, accepted)
            self._drafts.add(running.kind, running.kept.profile.draft, answered)
