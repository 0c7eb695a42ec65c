"""What may be the key for a server."""

from pathlib import Path

import pytest

from agent.errors import ConfigError
from agent.upstreams import read_api_key


@pytest.mark.parametrize("text", ["sk-A", "sk-A\n", "sk-A\r\n"])
def test_a_key_is_read_without_its_newline(text: str, tmp_path: Path) -> None:
    file = tmp_path / "nim.key"
    file.write_bytes(text.encode())
    assert read_api_key("upstreams.big.api_key_file", file) == "sk-A"


@pytest.mark.parametrize(
    "text", ["sk-A ", " sk-A", "sk-A \n", "sk-A\n \n", "sk-A\nsk-B", "sk\t-A", "sk-A\x01", "sk-\u00e4"]
)
def test_what_no_header_can_carry_is_refused_and_not_told(text: str, tmp_path: Path) -> None:
    file = tmp_path / "nim.key"
    file.write_bytes(text.encode())
    with pytest.raises(ConfigError, match=r"big\.api_key_file: an API key is one word: take the blanks") as refused:
        read_api_key("upstreams.big.api_key_file", file)
    assert "sk" not in str(refused.value)


def test_without_a_file_there_is_no_key() -> None:
    assert read_api_key("upstreams.big.api_key_file", None) is None
