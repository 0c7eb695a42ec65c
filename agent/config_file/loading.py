"""Loads the configuration: a release's fragment, the device's file, the environment; then every complaint at once.

Reads files and changes nothing. A message names the place and the key; it never repeats what a key that may be a
secret holds.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from agent.broker_security import tls_context
from agent.config import Config
from agent.config_file import yaml_text
from agent.config_file.cross_checks import Mismatch, mismatches
from agent.config_file.layers import Tree, laid_over
from agent.config_file.named_files import complaint_about, place_of, source_in
from agent.config_file.named_models import asked_model_mismatches, model_mismatches
from agent.config_file.overrides import Override, read_overrides
from agent.config_file.places import places, remove, spelled_as_in, upwards
from agent.config_file.tree import ANY_NAME, KeyPath, dotted, key_at
from agent.config_file.words import words_for
from agent.credentials import redact
from agent.errors import ConfigError
from agent.release_folder import RELEASE_CONFIG, THIS_RELEASE

DEFAULT_PATH = Path("/etc/jetson-agent/agent.yaml")

_SOURCE = ("cameras", ANY_NAME, "source")


class Use(Enum):
    """What a configuration is loaded for."""

    ELSEWHERE = auto()
    """For other machines: nothing of what it names has to be here."""
    HERE = auto()
    """To do something with it on this machine: the files that it names have to be here."""
    RUN = auto()
    """To run the agent with it: its models, too."""
    CHECK = auto()
    """To be told everything: also of models that only some prompts name, without which the agent runs."""


def load_config(
    path: Path | None,
    environ: Mapping[str, str],
    *,
    default_path: Path = DEFAULT_PATH,
    release: Path | None = THIS_RELEASE,
    use: Use = Use.HERE,
) -> Config:
    """The configuration from a file and `JETSON_AGENT__SECTION__KEY` variables.

    Args:
        path: The file. None: `default_path` if it exists, else all defaults.
        environ: Where the overrides are, and `CREDENTIALS_DIRECTORY`: what a path such as `credentials/password` names
            is taken from there, if it is there (systemd.exec(5), `LoadCredential=`).
        default_path: The file that an installation has.
        release: Folder of the release that this program is of: what the file does not say is taken from its
            `agent.yaml`, if it has one. Lists are taken whole, sections key by key.
        use: What for: how much of what it names has to be on this machine.

    Returns:
        The tree, every path in it absolute: relative ones start at the folder of the file that has them.

    Raises:
        ConfigError: With one line for each thing that is wrong.
    """
    if path is None and default_path.exists():
        path = default_path
    loading = _Loading(path, environ.get("CREDENTIALS_DIRECTORY"))
    tree = loading.read_files(None if release is None else release / RELEASE_CONFIG)
    loading.apply(tree, read_overrides(environ))
    loading.fill_empty_sections(tree)
    if use is not Use.ELSEWHERE:
        loading.check_named_files(tree)
    config = loading.validate(tree)
    loading.check_names(config)
    if use is not Use.ELSEWHERE:
        loading.check_tls(config)
    if use in (Use.RUN, Use.CHECK):
        loading.check_models(config, model_mismatches)
    if use is Use.CHECK:
        loading.check_models(config, asked_model_mismatches)
    if config is None or loading.complaints:
        raise ConfigError("\n".join(loading.lines()))
    return config


@dataclass(frozen=True, slots=True, order=True)
class _Complaint:
    """Sorted as a reader goes: down the file, then the environment."""

    variable: str
    file: str
    line: int
    path: str
    what: str


class _Loading:
    """One load: where each value came from, and what is wrong so far."""

    def __init__(self, file: Path | None, credentials: str | None) -> None:
        self.complaints: set[_Complaint] = set()
        self._file = file
        self._folder = Path.cwd() if file is None else file.absolute().parent
        self._credentials = None if credentials is None else Path(credentials)
        self._origins: dict[KeyPath, tuple[Path, int]] = {}
        self._variables: dict[KeyPath, str] = {}
        self._left_out: set[KeyPath] = set()

    def lines(self) -> list[str]:
        """The complaints, each `file:line: key.path: what` or `environment NAME: key.path: what`."""
        return [self._line(complaint) for complaint in sorted(self.complaints)]

    def read_files(self, fragment: Path | None) -> Tree:
        """The file's tree, laid over the fragment's; empty when there is no file or nothing could be read."""
        below = {} if fragment is None or not fragment.exists() else self._read(fragment)
        return laid_over(below, {} if self._file is None else self._read(self._file))

    def _read(self, file: Path) -> Tree:
        try:
            text = file.read_text(encoding="utf-8")
        except OSError as error:
            self._add(_Complaint("", str(file), 0, "", f"cannot be read: {error.strerror}"))
            return {}
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            self._add(_Complaint("", str(file), line, "", "not UTF-8 text"))
            return {}
        document = yaml_text.parse(text)
        self._note_origins(file, document.lines)
        for problem in document.problems:
            self._add(_Complaint("", str(file), problem.line, dotted(problem.path), problem.what))
        if document.tree is None or isinstance(document.tree, dict):
            return document.tree or {}
        what = "not a configuration: it must be sections and keys, such as `log_level: INFO`"
        self._add(_Complaint("", str(file), 1, "", what))
        return {}

    def _note_origins(self, file: Path, lines: Mapping[KeyPath, int]) -> None:
        """Where each key stands; nothing below a list is the fragment's any more when the file has that list."""
        lists = {path[:at] for path in lines for at, part in enumerate(path) if isinstance(part, int)}
        self._origins = {path: origin for path, origin in self._origins.items() if lists.isdisjoint(upwards(path[:-1]))}
        self._origins |= {path: (file, line) for path, line in lines.items()}

    def apply(self, tree: Tree, overrides: list[Override]) -> None:
        """Put the variables' values into the tree."""
        for override in overrides:
            path = spelled_as_in(tree, override.path)
            self._variables[path] = override.variable
            if override.problem is not None:
                self._add_about(path, override.problem)
                continue
            value_above = next(
                (key for part in upwards(path[:-1]) if (key := key_at(part)) and not key.is_section), None
            )
            if value_above is not None:
                self._add_about(path, f"`{dotted(value_above.path)}` has no keys below it")
                continue
            section = tree
            for name in path[:-1]:
                below = section.get(name)
                section[name] = below if isinstance(below, dict) else {}
                section = section[name]
            section[path[-1]] = override.value

    def fill_empty_sections(self, tree: Tree) -> None:
        """A section with nothing below it, `broker:` with every line a comment, has its defaults."""
        for path, holder in places(tree):
            key = key_at(path)
            if holder[path[-1]] is not None or key is None or not key.is_section:
                continue
            if key.default is not None:
                holder[path[-1]] = {}
            elif path not in self._variables:
                # Whether an empty `tls:` means TLS or none is not for us to guess.
                self._add_about(path, "is empty: write {} for its defaults, or leave the key out for none")

    def check_named_files(self, tree: Tree) -> None:
        """Make every path absolute, and look at the files that must be there."""
        for path, holder in places(tree):
            key = key_at(path)
            value = holder[path[-1]]
            if key is None or not isinstance(value, str):
                continue
            if key.path == _SOURCE:
                holder[path[-1]] = source_in(self._folder_of(path), value)
            if key.kind != "path":
                continue
            file = place_of(Path(value), self._folder_of(path), self._credentials)
            holder[path[-1]] = str(file)
            complaint = complaint_about(path, file)
            if complaint is not None:
                self._add_about(path, complaint)

    def validate(self, tree: Tree) -> Config | None:
        """The frozen tree, or None and complaints.

        pydantic looks at a section's own rules (`cert` and `key` together) only when each of its keys is right. So
        that these come out at the same time, what was complained about is left out and the rest looked at again.
        """
        while True:
            try:
                # JSON mode, strictly: a path may be written as text, but `yes` is no number and 5 no text.
                return Config.model_validate_json(json.dumps(tree, default=str), strict=True)
            except ValidationError as error:
                details = error.errors(include_url=False)
            details = [detail for detail in details if not _follows_from_others(detail, details)]
            removed = [self._complain_and_remove(tree, detail) for detail in details]
            if not any(removed):
                return None

    def check_names(self, config: Config | None) -> None:
        """Whether the parts of the configuration go together."""
        if config is not None:
            self._add_mismatches(mismatches(config))

    def _add_mismatches(self, found: Iterable[Mismatch]) -> None:
        for mismatch in found:
            if self._left_out.isdisjoint(upwards(mismatch.other)):
                self._add_about(mismatch.path, mismatch.what)

    def check_tls(self, config: Config | None) -> None:
        """Whether certificate and key are what they should be, and fit together."""
        if config is None or config.broker.tls is None or self.complaints:
            return
        try:
            tls_context(config.broker.tls)
        except ConfigError as error:
            self._add_about(("broker", "tls"), str(error))

    def check_models(self, config: Config | None, check: Callable[[Config], Iterable[Mismatch]]) -> None:
        """Whether the models are there, as far as it is known where to look."""
        if config is not None and self._left_out.isdisjoint({("state_dir",), ("models_dir",)}):
            self._add_mismatches(check(config))

    def _complain_and_remove(self, tree: Tree, detail: ErrorDetails) -> bool:
        path = tuple(part for part in detail["loc"] if part != "[key]")
        key = key_at(path)
        what = words_for(path, detail)
        if path in self._left_out:
            # What stands in a list for what was left out may be wrong there itself: without the list, then.
            return detail["type"] != "missing" and self._leave_out(tree, path[:-1])
        is_rule_of_section = detail["type"] == "value_error" and key is not None and key.is_section
        if is_rule_of_section:
            # A rule is not broken when what it misses is there, only wrong and left out.
            words = what.replace(":", " ").split()
            if not any((*path, word) in self._left_out for word in words):
                self._add_about(path, what)
            return False
        self._add_about(path, what)
        return self._leave_out(tree, path)

    def _leave_out(self, tree: Tree, path: KeyPath) -> bool:
        self._left_out.add(path)
        return bool(path) and remove(tree, path)

    def _folder_of(self, path: KeyPath) -> Path:
        """Where a relative path that is the value of a key starts."""
        is_variable = any(part in self._variables for part in upwards(path))
        place = None if is_variable else self._origins.get(path)
        return self._folder if place is None else place[0].absolute().parent

    def _add_about(self, path: KeyPath, what: str) -> None:
        variable = next((self._variables[part] for part in upwards(path) if part in self._variables), "")
        nowhere = (self._file or "", 0)
        file, line = next((self._origins[part] for part in upwards(path) if part in self._origins), nowhere)
        self._add(_Complaint(variable, f"{file}", 0 if variable else line, dotted(path), what))

    def _add(self, complaint: _Complaint) -> None:
        self.complaints.add(complaint)

    def _line(self, complaint: _Complaint) -> str:
        if complaint.variable:
            place = f"environment {complaint.variable}"
        else:
            place = f"{complaint.file}:{complaint.line}" if complaint.line else complaint.file
        # A URL with a password may be where a key should be.
        return ": ".join(part for part in (place, redact(complaint.path), redact(complaint.what)) if part)


def _follows_from_others(detail: ErrorDetails, details: list[ErrorDetails]) -> bool:
    """Whether a list is too short because pydantic does not count the items that are wrong."""
    place = detail["loc"]
    return detail["type"] == "too_short" and any(
        len(it["loc"]) > len(place) and it["loc"][: len(place)] == place for it in details
    )
