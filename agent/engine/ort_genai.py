"""The engine on onnxruntime-genai's `Generator`: any model its builder makes, one request at a time.

The only import of onnxruntime_genai, in the engine's process only: the library reports to its vendor unless told not to
before the import, and ends the whole process when it does not find its runtime.
"""

import ctypes
import gc
import json
import logging
import os
import secrets
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime_genai as og

from agent.budget.memory import PROMPT_CHUNK
from agent.clock import boottime
from agent.engine.chat import ChatEncoder, Vocabulary
from agent.engine.exactness import is_exact, tokens_needed
from agent.engine.fitting import Fitting
from agent.engine.guidance import gave_up, grammar, is_json, schema_refusal, too_intricate
from agent.engine.parts import Part, in_parts
from agent.engine.pipe import EngineSpec, LoadError
from agent.engine.prefixes import Kept, Prefixes, Profile, Wanted, tokens_of
from agent.engine.protocol import Capabilities, Event, Finished, GenerationRequest, Refused, Tokens
from agent.engine.speculation import DRAFT_LENGTH, NGRAM_SIZE, Answered, Drafts, Kind, Speculation, kind_of
from agent.engine.text import AnswerText
from agent.errors import ErrorCode, RejectedError
from agent.prompt import Delta, FinishReason, PromptId, Sampling, Usage
from agent.units import Seconds

CHUNK_TOKENS = PROMPT_CHUNK
"""Prompt tokens of one step: between two of them a request can be cancelled."""
TOP_K = 1024
"""Sampling looks at so many of the likeliest tokens: to sort a whole vocabulary of 128,000 takes 25 ms a token."""
_SEEDS = 2**31

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Running:
    """The admitted request.

    Attributes:
        kept: Its generator, with the parts that were not to be read again.
        unread: The parts of the prompt that the model has not read yet.
        kind: What its drafts are judged with; None: sampled, and never drafted for.
        already: What its generator had drafted for others, and how much of that was accepted.
        read: Those that it has read since.
        ended: Why it ends, once that is known.
    """

    request: GenerationRequest
    kept: Kept[Any]
    detokenizer: Any
    answer: AnswerText
    unread: deque[Part]
    prompt_tokens: int
    kind: Kind | None
    already: tuple[int, int]
    read: list[Part] = field(default_factory=list)
    completion_tokens: int = 0
    decoding: float = 0.0
    deltas: int = 0
    first_token_at: Seconds | None = None
    ended: FinishReason | None = None


class OrtGenaiEngine:
    """One model in onnxruntime-genai.

    Args:
        model: The loaded `onnxruntime_genai.Model`.
        capabilities: What it can do.
        vocabulary: Of its tokenizer.
        top_k: How many of the likeliest tokens sampling looks at.
        drafts: Decides which greedy answers are drafted for.
    """

    def __init__(
        self,
        model: Any,  # noqa: ANN401 - the library has no types
        capabilities: Capabilities,
        vocabulary: Vocabulary,
        top_k: int,
        drafts: Drafts,
    ) -> None:
        self._model = model
        self._capabilities = capabilities
        self._tokenizer = og.Tokenizer(model)
        chat = ChatEncoder(self._tokenizer, vocabulary.control)
        self._fitting = Fitting(chat, vocabulary.longest, capabilities.context_length)
        self._top_k = top_k
        self._drafts = drafts
        self._control = frozenset(int(self._tokenizer.encode(text)[0]) for text in vocabulary.control)
        self._ends = frozenset(int(token) for token in self._tokenizer.eos_token_ids)
        self._running: _Running | None = None
        self._prefixes: Prefixes[Any] = Prefixes()
        self._advanced: dict[PromptId, Tokens] = {}
        self._grammar_edition = 0

    def capabilities(self) -> Capabilities:
        """What this model can do."""
        return self._capabilities

    def admit(self, request: GenerationRequest) -> None:
        """Take a request, when there is none.

        Raises:
            RejectedError: It does not fit into the context, or its schema does not compile.
        """
        if self._running is not None:
            raise ValueError(f"{self._running.request.id} still runs: this engine takes one request at a time")
        prompt = self._fitting.encode(request)
        room, tokens = self._fitting.room(request, len(prompt)), len(prompt) + request.sampling.max_tokens
        parts = in_parts(prompt, CHUNK_TOKENS, self._control)
        kind = kind_of(request.sampling, len(prompt))
        kept = self._begin(Wanted(self._profile(request.sampling, kind), parts, tokens, room))
        self._running = _Running(
            request,
            kept,
            self._tokenizer.create_stream(),
            AnswerText(request.sampling.stop),
            deque(parts[len(kept.parts) :]),
            prompt_tokens=len(prompt),
            kind=kind,
            already=_drafted(kept),
        )

    def step(self) -> Sequence[Event]:
        """Read the next part of the prompt, or generate the next token."""
        running = self._running
        self._advanced = {}
        if running is None:
            return ()
        if running.ended is None and running.unread:
            part = running.unread.popleft()
            running.kept.generator.append_tokens(part)
            running.read.append(part)
            self._advanced = {running.request.id: Tokens(prefill=len(part))}
            return ()
        text = ""
        if running.ended is None:
            self._advanced = {running.request.id: Tokens(decode=1)}
            try:
                text = self._next_piece(running)
            except RuntimeError as error:
                if not gave_up(error):
                    raise
                return self._refuse(running)
        if running.ended is None:
            return _deltas(running, text)
        return self._finish(running, running.ended, text)

    def advanced(self) -> Mapping[PromptId, Tokens]:
        """The part of the prompt, or the token, of the last step."""
        return self._advanced

    def kept(self) -> int:
        """Tokens in the KV caches of the generators that are kept."""
        return self._prefixes.tokens

    def forget(self) -> None:
        """Give those generators up."""
        self._prefixes.clear()
        _give_back_free_memory()

    def cancel(self, request_id: PromptId, reason: FinishReason = FinishReason.CANCELLED) -> None:
        """End a request at the next step."""
        running = self._running
        if running is not None and running.request.id == request_id and running.ended is None:
            running.ended = reason

    def close(self) -> None:
        """Give the model's memory back."""
        self._running = None
        self._prefixes.clear()
        del self._fitting, self._tokenizer, self._model
        _give_back_free_memory()

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
            return Profile(0.0, 1.0, None, followed, self._drafts.length(kind))
        return Profile(sampling.temperature, sampling.top_p, sampling.seed, followed)

    def _begin(self, wanted: Wanted) -> Kept[Any]:
        """A generator that has read the begin of the prompt already, or a new one."""
        kept = self._prefixes.take(wanted)
        if kept is None:
            return Kept(self._generator(wanted.profile, wanted.capacity), wanted.profile, wanted.capacity, ())
        return kept

    def _generator(self, profile: Profile, capacity: int) -> Any:  # noqa: ANN401 - the library has no types
        params = og.GeneratorParams(self._model)
        params.set_search_options(
            max_length=capacity,  # the KV cache is allocated for so many
            do_sample=profile.temperature > 0,
            temperature=profile.temperature,
            top_p=profile.top_p,
            top_k=self._top_k,
            # Left to itself the library draws 624 words of system entropy, greedy or not: 12 ms.
            random_seed=secrets.randbelow(_SEEDS) if profile.seed is None else profile.seed % _SEEDS,
        )
        if profile.draft:
            params.set_speculative_options(ngram_size=NGRAM_SIZE, max_draft_tokens=profile.draft)
        if profile.grammar is None:
            return og.Generator(self._model, params)
        params.set_guidance("lark_grammar", profile.grammar)
        try:
            return og.Generator(self._model, params)
        except RuntimeError as error:
            raise schema_refusal(error) from error

    def _next_piece(self, running: _Running) -> str:
        """Generate a token; its text, where it completes any. Sees whether it is the last one."""
        began = boottime()
        running.kept.generator.generate_next_token()
        token = int(running.kept.generator.get_next_tokens()[0])  # one, also where more have been accepted: they wait
        running.decoding += boottime() - began
        running.completion_tokens += 1  # the end token too: it was generated
        running.first_token_at = running.first_token_at or boottime()
        if token in self._ends:
            running.ended = FinishReason.STOP
            return ""
        text = running.answer.push(running.detokenizer.decode(token))
        if running.answer.stopped:
            running.ended = FinishReason.STOP
        elif running.completion_tokens >= running.request.sampling.max_tokens:
            running.ended = FinishReason.LENGTH
        return text

    def _finish(self, running: _Running, reason: FinishReason, text: str) -> Sequence[Event]:
        last = _deltas(running, text + running.answer.end())
        answer = running.answer.text
        guided = running.request.sampling.json_schema is not None
        if guided and reason is FinishReason.STOP and not running.answer.stopped and not is_json(answer):
            # A grammar that becomes too intricate midway is silently begun again.
            return self._refuse(running)
        usage = Usage(running.prompt_tokens, running.completion_tokens, tokens_of(running.kept.parts))
        self._learn(running)
        self._running = None
        if running.completion_tokens or not running.read:  # amid a prompt it has the logits of a whole part: megabytes
            self._prefixes.keep(replace(running.kept, parts=(*running.kept.parts, *running.read)))
        finished = Finished(running.request.id, reason, answer, usage, running.first_token_at, boottime())
        return (*last, finished)

    def _learn(self, running: _Running) -> None:
        """Tell what the answer took with drafts, or without."""
        if running.kind is not None:
            drafted, accepted = (n - before for n, before in zip(_drafted(running.kept), running.already, strict=True))
            answered = Answered(running.completion_tokens, Seconds(running.decoding), drafted, accepted)
            self._drafts.add(running.kind, running.kept.profile.draft, answered)

    def _refuse(self, running: _Running) -> Sequence[Event]:
        self._running = None
        self._grammar_edition += 1
        refusal = too_intricate()
        return (Refused(running.request.id, refusal.code, refusal.message),)


def _give_back_free_memory() -> None:
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what is free in the C heap goes back to the system too; glibc's


def _deltas(running: _Running, text: str) -> Sequence[Delta]:
    if not text:
        return ()
    running.deltas += 1
    return (Delta(running.request.id, running.deltas - 1, text),)


def _drafted(kept: Kept[Any]) -> tuple[int, int]:
    """Tokens that a generator has drafted since it was made, and those of them that were accepted."""
    if not kept.profile.draft:
        return 0, 0
    stats = kept.generator.get_speculative_stats()
    return int(stats["draft_tokens_proposed"]), int(stats["draft_tokens_accepted"])


def _speculation(model: Any, wanted: Speculation) -> Speculation:  # noqa: ANN401 - the library has no types
    """What of it can be had: for some kinds of models the library cannot, and on most kernels it is not exact."""
    if wanted is Speculation.OFF:
        return wanted
    params = og.GeneratorParams(model)
    params.set_search_options(max_length=tokens_needed(DRAFT_LENGTH + 1), random_seed=0)
    try:
        alone = og.Generator(model, params)
        params.set_speculative_options(ngram_size=NGRAM_SIZE, max_draft_tokens=DRAFT_LENGTH)
        og.Generator(model, params)
        text = range(tokens_needed(DRAFT_LENGTH + 1))
        if wanted is Speculation.ON or is_exact(alone, text, DRAFT_LENGTH + 1):
            return wanted
    except RuntimeError:
        _log.warning("speculation_unsupported")
    else:
        _log.warning("speculation_inexact")
    return Speculation.OFF


def _has_guidance(model: Any) -> bool:  # noqa: ANN401 - the library has no types
    """Whether the library was built with guidance; without, it ignores grammars, also one that is none."""
    params = og.GeneratorParams(model)
    params.set_search_options(max_length=1, random_seed=0)
    params.set_guidance("lark_grammar", "no grammar")
    try:
        og.Generator(model, params)
    except RuntimeError:
        return True
    return False


def load(spec: EngineSpec) -> OrtGenaiEngine:
    """Load a model from its folder.

    Raises:
        LoadError: It cannot be loaded; the library's words.
    """
    model_dir = spec.model_dir
    try:
        config = json.loads((model_dir / "genai_config.json").read_bytes())["model"]
        vocabulary = Vocabulary.read(model_dir / "tokenizer.json")
        loaded = og.Model(str(model_dir))
        capabilities = Capabilities(spec.model, config["context_length"], max_batch=1, guidance=_has_guidance(loaded))
        drafts = Drafts(_speculation(loaded, spec.speculation))
        return OrtGenaiEngine(loaded, capabilities, vocabulary, min(TOP_K, config["vocab_size"]), drafts)
    except KeyError as error:
        raise LoadError(f"{model_dir}/genai_config.json has no {error}") from error
    except (OSError, ValueError, RuntimeError) as error:
        raise LoadError(f"{model_dir}: {error}") from error
