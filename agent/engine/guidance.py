"""How llguidance is asked to follow a JSON Schema, and how it says no.

It is the grammar library in onnxruntime-genai and, where it is asked for, in TensorRT-LLM.
"""

import json
from typing import Any

from agent.errors import ErrorCode, RejectedError
from agent.schema_limits import check_schema

_GAVE_UP = ("Error computing mask", "Error committing tokens")


def strict(schema: str) -> dict[str, Any]:
    """The schema, and that white space is not flexible: where it is free, a weak model can emit nothing else.

    Raises:
        RejectedError: It exceeds a limit.
    """
    return {**check_schema(schema), "x-guidance": {"whitespace_flexible": False}}


def grammar(schema: str, edition: int) -> str:
    """The schema as a grammar in llguidance's dialect of Lark.

    The library keeps compiled grammars by their text, and one that gave up once gives up at once ever after: the
    edition, which the caller raises then, makes it another text.

    No forcing: the library has the tokenizer encode forced bytes, which spoils those that are not whole characters, and
    the answer fails at an emoji.

    Raises:
        RejectedError: It exceeds a limit.
    """
    return f'%llguidance {{"no_forcing": true}}\nstart: %json {json.dumps(strict(schema))}\n// {edition}\n'


def schema_refusal(error: RuntimeError) -> RejectedError:
    """The library's words about a grammar that it does not compile, without the grammar."""
    first_line = str(error).partition("\n")[0]
    why = first_line.rpartition("failed to compile JSON schema: ")[2]
    return _refusal(why[:500])


def gave_up(error: RuntimeError) -> bool:
    """Whether an error while generating is about this answer's grammar, and the model is well."""
    return str(error).startswith(_GAVE_UP)


def too_intricate() -> RejectedError:
    """The end of an answer whose grammar grew beyond the library's limits midway."""
    return _refusal("it became too intricate to follow while the answer was generated")


def is_json(text: str) -> bool:
    """Whether a guided answer is whole. A grammar that grew too intricate midway can silently have begun again."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _refusal(why: str) -> RejectedError:
    return RejectedError(ErrorCode.INVALID_REQUEST, f"the JSON Schema is refused: {why}")
