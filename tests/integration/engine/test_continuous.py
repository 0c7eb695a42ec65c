"""How onnxruntime-genai's `Engine` is used. On a CPU it batches statically: requests begin together, in one step.

What is tested is what this project does with it. Joining a running batch, reading prompts in chunks and seeds need a
model for a GPU, and are not tested here.
"""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import onnxruntime_genai as og
import pytest

from agent.engine.batching import BatchSearch
from agent.engine.chat import Vocabulary
from agent.engine.ort_genai.continuous import Pool
from agent.engine.ort_genai.loading import continuous
from agent.engine.pipe import EngineSpec
from agent.engine.protocol import Engine, Finished, Refused
from agent.errors import ErrorCode, RejectedError
from agent.prompt import Delta, FinishReason, PromptId
from agent.units import Bytes
from tests.integration.engine.test_conformance import ENDLESS, QUESTION, request, run
from tests.integration.engine.test_conformance_several import end, endless, named, run_all, text

POOL = 2048
BLOCK = 256
CHUNK = 64


def build(model_dir: Path, search: BatchSearch | None = None) -> Engine:
    spec = EngineSpec("edge-tiny", model_dir, "", max_batch=4, search=search)
    vocabulary = Vocabulary.read(model_dir / "tokenizer.json")
    return continuous(spec, og.Model(str(model_dir)), Pool(POOL, BLOCK, CHUNK, POOL), vocabulary, 4096, 1024)


@pytest.fixture(scope="module")
def runtime(model_dir: Path) -> Iterator[Engine]:
    with closing(build(model_dir)) as engine:
        yield engine


def test_one_answers_as_a_generator_does(runtime: Engine, engine: Engine) -> None:
    wanted = request(max_tokens=48)
    assert run(runtime, wanted).finished.text == run(engine, wanted).finished.text
    assert run(runtime, wanted).finished.usage == replace(run(engine, wanted).finished.usage, cached_tokens=0)


@pytest.mark.parametrize("said", ["alpha beta", "🦙 漢字"])
def test_schemas_stops_and_lengths_are_kept_to(runtime: Engine, said: str) -> None:
    schema = json.dumps({"const": said})
    whole = named(request(max_tokens=64, json_schema=schema), "whole")
    stopped = named(request(max_tokens=64, json_schema=schema, stop=(said.rsplit(maxsplit=1)[-1],)), "stopped")
    cut = named(request(max_tokens=5, json_schema=ENDLESS), "cut")
    sampled = named(request(max_tokens=7, temperature=2.0, json_schema=ENDLESS), "sampled")
    outcomes = run_all(runtime, [whole, stopped, cut, sampled])
    assert json.loads(text(outcomes["whole"])) == said
    assert text(outcomes["stopped"]) == f'"{said.split(maxsplit=1)[0]} '
    ends = {name: outcome.reason for name, outcome in outcomes.items() if isinstance(outcome, Finished)}
    assert ends["cut"] is ends["sampled"] is FinishReason.LENGTH
    assert ends["whole"] is ends["stopped"] is FinishReason.STOP


def test_an_answer_can_be_kept_from_ending_by_itself(runtime: Engine) -> None:
    by_itself = run(runtime, request(QUESTION, max_tokens=200)).finished
    assert by_itself.reason is FinishReason.STOP
    length = by_itself.usage.completion_tokens + 20
    held = run(runtime, replace(request(QUESTION, max_tokens=length), min_tokens=length)).finished
    assert (held.reason, held.usage.completion_tokens) == (FinishReason.LENGTH, length)


def test_a_cancelled_one_leaves_the_others_alone(runtime: Engine) -> None:
    for name in "ab":
        runtime.admit(endless(name, 30))
    runtime.step()
    runtime.cancel(PromptId("a"))
    finished = [event for event in runtime.step() if isinstance(event, Finished)]
    assert [(event.id, event.reason) for event in finished] == [("a", FinishReason.CANCELLED)]
    outcome = run_all(runtime, [named(request(max_tokens=1), "c")])  # begins when the batch has ended
    assert isinstance(outcome["b"], Finished)
    assert outcome["b"].usage.completion_tokens == 30


def test_what_the_pool_has_no_blocks_for_waits_and_what_it_never_has_is_refused(runtime: Engine) -> None:
    tokens = run(runtime, request(max_tokens=1)).finished.usage.prompt_tokens
    with pytest.raises(RejectedError) as refused:
        runtime.admit(request(max_tokens=POOL - tokens + 1))
    assert refused.value.code is ErrorCode.DOES_NOT_FIT
    runtime.admit(endless("a", POOL // 2 - tokens))
    runtime.admit(endless("b", POOL // 2 - tokens + BLOCK))
    runtime.admit(endless("c", 8))
    for _ in range(3):
        runtime.step()
        assert set(runtime.advanced()) == {"a"}, "c does not overtake b"
    end(runtime, *"abc")


def test_a_schema_that_cannot_be_followed_is_refused(runtime: Engine) -> None:
    with pytest.raises(RejectedError) as refused:
        runtime.admit(request(json_schema=json.dumps({"type": "string", "pattern": "[a-z]?" * 40, "minLength": 30})))
    assert refused.value.code is ErrorCode.INVALID_REQUEST
    assert text(run_all(runtime, [named(request(QUESTION, max_tokens=4), "a")])["a"])


def test_tokens_are_accounted(runtime: Engine) -> None:
    runtime.admit(request(max_tokens=6, json_schema=ENDLESS))
    read = generated = 0
    ended: Finished | Refused | None = None
    while ended is None:
        for event in runtime.step():
            ended = ended if isinstance(event, Delta) else event
        read += sum(tokens.prefill for tokens in runtime.advanced().values())
        generated += sum(tokens.decode for tokens in runtime.advanced().values())
    assert isinstance(ended, Finished)
    assert generated == ended.usage.completion_tokens == 6
    assert read == ended.usage.prompt_tokens
    assert runtime.kept() == Bytes(0)


def test_what_pays_is_found_out(model_dir: Path) -> None:
    with closing(build(model_dir, BatchSearch())) as engine:
        able = engine.capabilities()
        assert able.trial is not None
        assert able.trial.rates[0].batch == 1
        assert able.max_batch in {rate.batch for rate in able.trial.rates}
        assert "onnxruntime-genai" in able.trial.made_on
