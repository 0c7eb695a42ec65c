"""Topic names and filters, by MQTT 5, section 4.7."""

import pytest

from agent.topics import fault_of, matches


@pytest.mark.parametrize(
    ("topic_filter", "topic", "expected"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a/b/c", False),
        ("a/b", "a", False),
        ("a/+", "a/b", True),
        ("a/+", "a", False),
        ("a/+", "a/", True),
        ("a/+", "a/b/c", False),
        ("a/#", "a/b/c", True),
        ("a/#", "a", True),
        ("a/#", "b", False),
        ("#", "a/b", True),
        ("$share/group/a/+", "a/b", True),
        ("$share/group/a/b", "group/a/b", False),
    ],
)
def test_matches(topic_filter: str, topic: str, expected: bool) -> None:  # noqa: FBT001 - a table's column
    assert matches(topic_filter, topic) is expected


@pytest.mark.parametrize("topic", ["a", "/", "a//b", "Straße/42", "a b", "$SYS/x", "a\ufeffb", "x" * 65535])
def test_a_topic_that_brokers_take(topic: str) -> None:
    assert fault_of(topic) is None


@pytest.mark.parametrize(
    ("topic", "fault"),
    [
        ("", "empty"),
        ("a/+", "wildcard"),
        ("a/#", "wildcard"),
        ("a\x00", "control character"),
        ("a\x1fb", "control character"),
        ("a\x7fb", "control character"),
        ("a\ufffeb", "non-character"),
        ("a\U0001ffffb", "non-character"),
        ("a\udcffb", "not Unicode"),
        ("x" * 65536, "65535 bytes"),
        ("/".join("a" * 201), "200 levels"),
    ],
)
def test_a_topic_that_brokers_refuse(topic: str, fault: str) -> None:
    assert fault in (fault_of(topic) or "")
