"""White space goes, strings stay, however the text is split."""

import json

from hypothesis import given
from hypothesis import strategies as st

from agent.engine.compact_json import CompactJson

strings = st.text(alphabet='a \t\n"\\🦙{', max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | strings,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(strings, inner, max_size=3),
    max_leaves=8,
)


@given(values, st.sampled_from([None, 0, 2, "\t"]), st.sampled_from(["ascii", "utf-8"]), st.integers(1, 5))
def test_it_is_as_if_it_had_been_written_compactly(
    value: object, indent: int | str | None, charset: str, size: int
) -> None:
    only_ascii = charset == "ascii"
    loose = f" \r\n{json.dumps(value, indent=indent, ensure_ascii=only_ascii)} \n"
    compact = CompactJson()
    pieces = [compact.push(loose[start : start + size]) for start in range(0, len(loose), size)]
    assert "".join(pieces) == json.dumps(value, separators=(",", ":"), ensure_ascii=only_ascii)
