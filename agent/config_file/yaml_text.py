"""YAML text -> plain values and the line of every key.

PyYAML's own constructors forget lines and keep the last of two equal keys; its nodes know both.
"""

from dataclasses import dataclass, field

import yaml

from agent.config_file.tree import KeyPath


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a text.

    Attributes:
        line: Counting from 1.
        path: The key; empty when the text could not be read so far.
        what: What is wrong, without the value.
    """

    line: int
    path: KeyPath
    what: str


class _Unreadable:
    """Stands for a value that there is a complaint about already; it is left out."""


@dataclass(slots=True)
class Document:
    """What a text says.

    Attributes:
        tree: Dicts, lists and scalars; None for an empty text.
        lines: Where each key and list item stands.
        problems: What is wrong with the YAML itself.
    """

    tree: object = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def parse(text: str) -> Document:
    """Read one YAML document. Never raises: what is wrong is in `problems`."""
    document = Document()
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is not None:
            tree = _Reader(loader, document).read(node, (), ())
            document.tree = None if isinstance(tree, _Unreadable) else tree
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        document.problems.append(Problem(line, (), f"not YAML: {error.reason}"))
    except yaml.MarkedYAMLError as error:
        document.problems.append(Problem(_line_of(error), (), f"not YAML: {_words_of(error)}"))
    except RecursionError:
        document.problems.append(Problem(1, (), "nested too deeply"))
    return document


def _line_of(error: yaml.MarkedYAMLError) -> int:
    mark = error.problem_mark or error.context_mark
    return 1 if mark is None else mark.line + 1


def _words_of(error: yaml.MarkedYAMLError) -> str:
    """The parser's words without its quotation of the text, which may hold a secret."""
    words = [part for part in (error.context, error.problem) if part]
    if error.problem and "'\\t'" in error.problem:
        words.append("indent with spaces, not tabs")
    return ", ".join(words)


class _Reader:
    """Turns nodes into values, noting lines and duplicates in the document."""

    def __init__(self, loader: yaml.SafeLoader, document: Document) -> None:
        self._loader = loader
        self._document = document

    def read(self, node: yaml.Node, path: KeyPath, above: tuple[yaml.Node, ...]) -> object:
        """The node's value. `above` are the nodes that hold it: an alias to one of them would never end."""
        if any(node is holder for holder in above):
            self._complain(node, path, "an alias to what it is in")
            return _Unreadable()
        above = (*above, node)
        if isinstance(node, yaml.MappingNode):
            return self._read_mapping(node, path, above)
        if isinstance(node, yaml.SequenceNode):
            return self._read_sequence(node, path, above)
        try:
            value: object = self._loader.construct_object(node)
        except (yaml.MarkedYAMLError, ValueError):
            self._complain(node, path, "not a value that YAML can read: put it in quotes if it is text")
            return _Unreadable()
        if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
            self._complain(node, path, "holds half of a character: a surrogate, U+D800 to U+DFFF")
            return _Unreadable()
        return value

    def _read_mapping(self, node: yaml.MappingNode, path: KeyPath, above: tuple[yaml.Node, ...]) -> object:
        values: dict[str, object] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key, str):
                self._complain(key_node, path, "a key must be a word")
                continue
            here = (*path, key)
            if here in self._document.lines:
                self._complain(key_node, here, f"given twice, first on line {self._document.lines[here]}")
                continue
            self._document.lines[here] = key_node.start_mark.line + 1
            value = self.read(value_node, here, above)
            if not isinstance(value, _Unreadable):
                values[key] = value
        return values

    def _read_sequence(self, node: yaml.SequenceNode, path: KeyPath, above: tuple[yaml.Node, ...]) -> object:
        items: list[object] = []
        for item in node.value:
            here = (*path, len(items))
            self._document.lines[here] = item.start_mark.line + 1
            value = self.read(item, here, above)
            if not isinstance(value, _Unreadable):
                items.append(value)
        return items

    def _complain(self, node: yaml.Node, path: KeyPath, what: str) -> None:
        self._document.problems.append(Problem(node.start_mark.line + 1, path, what))
