"""What the library says of an answer, and what is made of it."""

from dataclasses import dataclass

from agent.engine.edge_llm_answer import Answer
from agent.prompt import FinishReason, Sampling
from agent.units import Seconds


@dataclass(frozen=True)
class Output:
    """As the library's."""

    text: str = ""
    token_ids: tuple[int, ...] = ()
    finish_reason: str | None = None

    @property
    def finished(self) -> bool:
        """Whether it is the last one."""
        return self.finish_reason is not None


def answer_of(sampling: Sampling, *outputs: Output) -> Answer:
    answer = Answer(sampling)
    for at, output in enumerate(outputs):
        if answer.ended is None:
            answer.take(output, Seconds(float(at)))
        answer.shown()
    return answer


def test_an_answer_that_ends_by_itself() -> None:
    answer = answer_of(Sampling(), Output("Yes", (1,)), Output(".", (2,)), Output("", (3,), "stop"))
    assert (answer.text, answer.ended, answer.completion_tokens) == ("Yes.", FinishReason.STOP, 3)


def test_the_limit_is_ours_where_more_was_asked_for() -> None:
    answer = answer_of(Sampling(max_tokens=2), Output("a", (1,)), Output("b", (2,)), Output("c", (3,)))
    assert (answer.text, answer.ended, answer.completion_tokens) == ("ab", FinishReason.LENGTH, 2)


def test_a_character_that_is_whole_only_behind_the_limit_is_not_shown() -> None:
    answer = answer_of(Sampling(max_tokens=2), Output("a", (1,)), Output("🦙", (2, 3)))
    assert (answer.text, answer.ended, answer.completion_tokens) == ("a", FinishReason.LENGTH, 2)


def test_half_a_character_at_the_librarys_limit_is_not_shown() -> None:
    answer = answer_of(Sampling(max_tokens=2), Output("a", (1,)), Output("\ufffd", (2,), "length"))
    assert (answer.text, answer.ended, answer.completion_tokens) == ("a", FinishReason.LENGTH, 2)


def test_that_character_itself_can_be_said() -> None:
    answer = answer_of(Sampling(), Output("\ufffd", (1,)), Output("", (2,), "stop"))
    assert answer.text == "\ufffd"


def test_a_stop_is_not_shown_and_its_beginning_is_when_it_does_not_come() -> None:
    assert answer_of(Sampling(stop=("END",)), Output("aE", (1,)), Output("NDb", (2,))).text == "a"
    kept = answer_of(Sampling(stop=("END",)), Output("aE", (1,)), Output("N", (2,), "stop"))
    assert (kept.text, kept.ended, kept.stopped) == ("aEN", FinishReason.STOP, False)


def test_an_error_is_no_end_of_its_own() -> None:
    assert answer_of(Sampling(), Output("a", (1,)), Output("", (), "error")).ended is None


def test_an_answer_by_schema_is_compact() -> None:
    outputs = (Output(" \n"), Output('{"a": ', (1, 2)), Output('" b"}', (3,)), Output("", (4,), "stop"))
    answer = answer_of(Sampling(json_schema="{}"), *outputs)
    assert answer.text == '{"a":" b"}'
    assert answer.first_token_at == 1.0
