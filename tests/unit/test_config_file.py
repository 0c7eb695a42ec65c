"""Loading the configuration: what is read, and what is said about what cannot be."""

import json
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.config import Config
from agent.config_file import load_config, read_schemas
from agent.config_file.summary import source_of
from agent.config_file.tree import keys
from agent.errors import ConfigError


def _load(folder: Path, text: str, **environ: str) -> Config:
    file = folder / "agent.yaml"
    file.write_text(text, encoding="utf-8")
    return load_config(file, environ)


def _complaints(folder: Path, text: str, **environ: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        _load(folder, text, **environ)
    return str(raised.value).replace(f"{folder}/agent.yaml:", "").splitlines()


TOP = (
    "device, topic_root, state_dir, models_dir, stop_timeout, log_level, broker, model, engine, queue, journal, "
    "power, memory, telemetry, routes, upstreams, cameras, fleet"
)
NO_TAB = "found character '\\t' that cannot start any token, indent with spaces, not tabs"

WRONG = {
    "no time of day": (
        'power: {schedule: [{from: "6:30", to: 06:00, watts: 5}]}',
        ["1: power.schedule.0.from: a time of day is hours and minutes: 06:30"],
    ),
    "key of a list's section": (
        "power:\n  schedule:\n    - {from: 06:00, too: 08:00, watts: x}",
        [
            "3: power.schedule.0.to: is missing",
            "3: power.schedule.0.too: unknown key; did you mean `to`?",
            '3: power.schedule.0.watts: must be a number, not "x"',
        ],
    ),
    "no budget": ("power: {budget_watts: 0.5}", ["1: power.budget_watts: must be at least 1, not 0.5"]),
    "unknown key, near miss": ("broker:\n  hots: x", ["2: broker.hots: unknown key; did you mean `host`?"]),
    "unknown key that is known elsewhere": ("port: 1", ["1: port: unknown key here; it belongs at `broker.port`"]),
    "key of a route at the top": ("schema: x", ["1: schema: unknown key here; it belongs at `routes.<name>.schema`"]),
    "unknown section of a later version": (
        "device: {id: a}\nplugins: {}",
        [
            f"2: plugins: unknown key; there are: {TOP}",
        ],
    ),
    "a model upstream with the name of the device's own": (
        "upstreams:\n  edge-tiny: {url: 'http://h/v1'}",
        ["2: upstreams.edge-tiny: has the name of the device's own model"],
    ),
    "a route that may leave and is none": (
        "upstreams:\n  big: {url: 'http://h/v1', may_leave: {routes: [lok]}}",
        ["2: upstreams.big.may_leave.routes: there is no route lok"],
    ),
    "a camera that may leave and is none": (
        "upstreams:\n  big:\n    url: 'http://h/v1'\n    may_leave:\n      routes: [lok, lak]\n      cameras: [dor]",
        [
            "5: upstreams.big.may_leave.routes: there is no route lak",
            "5: upstreams.big.may_leave.routes: there is no route lok",
            "6: upstreams.big.may_leave.cameras: there is no camera dor",
        ],
    ),
    "a route that may leave and is wrong itself": (
        "routes: {a b: {}, look: {priority: x}}\nupstreams: {big: {url: 'http://h/v1', may_leave: {routes: [look]}}}",
        [
            '1: routes.a b: must be 1 to 64 of A-Z a-z 0-9 _ . -, not "a b"',
            '1: routes.look.priority: must be a whole number, not "x"',
        ],
    ),
    "all routes are wrong": (
        "routes: 5\nupstreams: {big: {url: 'http://h/v1', may_leave: {routes: [look]}}}",
        ["1: routes: must be a section, with its keys below it"],
    ),
    "a class without what sees it": (
        "cameras:\n  door: {source: /dev/video0, when: [class]}",
        ["2: cameras.door: when: class needs a detector"],
    ),
    "a camera whose folder would be the one above": (
        "cameras:\n  ..: {source: /dev/video0}\n  a..b: {source: /dev/video0}",
        ["2: cameras...: must not be dots alone"],
    ),
    "a device that is a dot": ("device: {id: .}", ["1: device.id: must not be dots alone"]),
    "an API key in the clear": (
        "upstreams:\n  big: {url: 'http://h/v1', api_key_file: /etc/hostname}",
        ["2: upstreams.big: api_key_file needs an https url: anybody on the way could read the key"],
    ),
    "field name instead of the key": (
        "routes:\n  a:\n    schema_file: x",
        ["3: routes.a.schema_file: unknown key; did you mean `schema`?"],
    ),
    "key given twice": ("log_level: INFO\n\nlog_level: INFO", ["3: log_level: given twice, first on line 1"]),
    "nested key given twice": (
        "broker: {port: 1,\n  port: 2}",
        ["2: broker.port: given twice, first on line 1"],
    ),
    "number for text": ("device:\n  id: 7", ["2: device.id: must be text, not 7: put it in quotes"]),
    "yes is no text": ("log_level: off", ["1: log_level: must be text, not false: put it in quotes"]),
    "yes is no number": ("broker:\n  port: yes", ["2: broker.port: must be a whole number, not true"]),
    "text for a number": ('broker: {port: "1"}', ['1: broker.port: must be a whole number, not "1"']),
    "part of a number": ("queue: {max_prompts: 1.5}", ["1: queue.max_prompts: must be a whole number, not 1.5"]),
    "not a number at all": ("queue: {max_prompts: .nan}", ["1: queue.max_prompts: must be a whole number, not NaN"]),
    "too small": ("queue:\n  max_prompts: 0", ["2: queue.max_prompts: must be at least 1, not 0"]),
    "too large": ("broker: {port: 65536}", ["1: broker.port: must be at most 65535, not 65536"]),
    "text for a section": ("model: edge-tiny", ["1: model: must be a section, with its keys below it"]),
    "text for a list": ("broker:\n  groups: a", ["2: broker.groups: must be a list, such as [a, b]"]),
    "items of a list": (
        "broker:\n  groups:\n  - a\n  - b c\n  - 3",
        [
            '4: broker.groups.1: must be 1 to 64 of A-Z a-z 0-9 _ . -, not "b c"',
            "5: broker.groups.2: must be text, not 3: put it in quotes",
        ],
    ),
    "the only item of a list": (
        "cameras:\n  door:\n    source: /dev/video0\n    when: [motoin]",
        ['4: cameras.door.when.0: must be one of always, motion, scene_change, code, class, on_demand, not "motoin"'],
    ),
    "one item of two": (
        "cameras: {door: {source: /dev/video0, when: [motion, motoin]}}",
        ['1: cameras.door.when.1: must be one of always, motion, scene_change, code, class, on_demand, not "motoin"'],
    ),
    "a rule beside a wrong item": (
        "cameras: {door: {source: /dev/video0, when: [motoin]}}\nroutes: {a: {template: Hello}}",
        [
            '1: cameras.door.when.0: must be one of always, motion, scene_change, code, class, on_demand, not "motoin"',
            "2: routes.a: template has no {prompt}: the sent text would be lost",
        ],
    ),
    "a mask and a zone beyond the picture": (
        (
            "cameras:\n  door:\n    source: /dev/video0\n    masks: [{x: 0.9, y: 0, width: 0.5, height: 1}]\n"
            "    zones:\n      gate: {x: 0, y: 0.5, width: 1, height: 0.6}\n"
            "      low: {x: 0, y: 0.7, width: 1, height: 0.3}"
        ),
        [
            "4: cameras.door.masks.0: x and width make 1.4, and the picture ends at 1",
            "6: cameras.door.zones.gate: y and height make 1.1, and the picture ends at 1",
        ],
    ),
    "an empty list": (
        "cameras: {door: {source: /dev/video0, when: []}}",
        ["1: cameras.door.when: must not be empty"],
    ),
    "not more than nothing": (
        "cameras: {door: {source: /dev/video0, looks: 0}}",
        ["1: cameras.door.looks: must be more than 0, not 0"],
    ),
    "no yes and no no": ("memory: {shorten_context: 5}", ["1: memory.shorten_context: must be yes or no, not 5"]),
    "not one of the words": (
        "log_level: info",
        ['1: log_level: must be one of DEBUG, INFO, WARNING, ERROR, not "info"'],
    ),
    "no value": (
        "broker:\n  host:\n",
        ["2: broker.host: has no value: give one, or remove the key to get its default"],
    ),
    "duration without unit": (
        "stop_timeout: 20",
        ["1: stop_timeout: a duration is a number with its unit: 500ms, 10s, 5min, 1h or 30d"],
    ),
    "size without unit": (
        "journal: {max_size: 5000000}",
        ["1: journal.max_size: must be a size such as 512KiB, 64MiB or 1GiB, not 5000000"],
    ),
    "size in quotes without unit": (
        'memory: {budget: "5000000"}',
        ['1: memory.budget: must be a size such as 512KiB, 64MiB or 1GiB, not "5000000"'],
    ),
    "size with a strange unit": (
        "journal: {max_size: 3 potatoes}",
        ['1: journal.max_size: must be a size such as 512KiB, 64MiB or 1GiB, not "3 potatoes"'],
    ),
    "size below the least": (
        "journal: {max_size: 1KiB}",
        ['1: journal.max_size: must be at least 1MiB, not "1KiB"'],
    ),
    "too short": ("broker: {keepalive: 200ms}", ['1: broker.keepalive: must be at least 1s, not "200ms"']),
    "too long": ("broker: {keepalive: 30h}", ['1: broker.keepalive: must be at most 65535s, not "30h"']),
    "name of a route": ("routes:\n  a b: {}", ['2: routes.a b: must be 1 to 64 of A-Z a-z 0-9 _ . -, not "a b"']),
    "a section's own rule": (
        "routes:\n  a:\n    template: Hello",
        ["2: routes.a: template has no {prompt}: the sent text would be lost"],
    ),
    "a section's rule beside a wrong key": (
        "routes:\n  a:\n    template: Hello\n    max_tokens: 0",
        [
            "2: routes.a: template has no {prompt}: the sent text would be lost",
            "4: routes.a.max_tokens: must be at least 1, not 0",
        ],
    ),
    "no rule about a key that is itself wrong": (
        "broker:\n  user: 7\n  password_file: /dev/null/x",
        [
            "2: broker.user: must be text, not 7: put it in quotes",
            "3: broker.password_file: cannot be read: the file: Not a directory",
        ],
    ),
    "empty tls is ambiguous": (
        "broker:\n  tls:\n",
        ["2: broker.tls: is empty: write {} for its defaults, or leave the key out for none"],
    ),
    "long values are cut": (
        f"device: {{id: {'x' * 100}}}",
        [f'1: device.id: must be 1 to 64 of A-Z a-z 0-9 _ . -, not "{"x" * 39}…'],
    ),
    "tabs": (
        "broker:\n\thost: x",
        [
            f"2: not YAML: while scanning for the next token, {NO_TAB}",
        ],
    ),
    "unclosed bracket": (
        "a: [1\nb: 2",
        ["2: not YAML: while parsing a flow sequence, expected ',' or ']', but got ':'"],
    ),
    "control character": ("\n\na: \x01", ["3: not YAML: special characters are not allowed"]),
    "a key that is no word": ("log_level: INFO\n? [a]\n: 1", ["2: a key must be a word"]),
    "two documents": (
        "device: {id: a}\n---\ndevice: {id: b}",
        ["2: not YAML: expected a single document in the stream, but found another document"],
    ),
    "a list": ("- a", ["1: not a configuration: it must be sections and keys, such as `log_level: INFO`"]),
    "endless alias": ("device: &a\n  id: *a", ["1: device.id: an alias to what it is in"]),
    "a Python object": (
        "device: {id: !!python/name:os.system x}",
        [
            "1: device.id: not a value that YAML can read: put it in quotes if it is text",
        ],
    ),
    "very deep": (f"a: {'[' * 5000}", ["1: nested too deeply"]),
    "a lone surrogate": (
        'device: {id: "\\ud800"}',
        ["1: device.id: holds half of a character: a surrogate, U+D800 to U+DFFF"],
    ),
}


@pytest.mark.parametrize(("text", "expected"), WRONG.values(), ids=WRONG.keys())
def test_says_what_is_wrong_and_where(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert _complaints(tmp_path, text) == expected


def test_says_everything_at_once_down_the_file_and_then_the_environment(tmp_path: Path) -> None:
    text = "log_level: info\nbroker:\n  port: x\n  hots: y\nroutes:\n  a: {schema: missing}\nnope: 1\nlog_level: INFO\n"
    places = [
        ": ".join(line.split(": ")[:2])
        for line in _complaints(tmp_path, text, JETSON_AGENT__QUEUE__MAX_PROMPTS="0", JETSON_AGENT__MODEL__NAM="x")
    ]
    assert places == [
        "1: log_level",
        "3: broker.port",
        "4: broker.hots",
        "6: routes.a.schema",
        "7: nope",
        "8: log_level",
        "environment JETSON_AGENT__MODEL__NAM: model.nam",
        "environment JETSON_AGENT__QUEUE__MAX_PROMPTS: queue.max_prompts",
    ]


def test_no_file_gives_the_defaults(tmp_path: Path) -> None:
    assert load_config(None, {}, default_path=tmp_path / "none.yaml") == Config()


def test_the_default_file_is_read_when_it_exists(tmp_path: Path) -> None:
    (tmp_path / "agent.yaml").write_text("topic_root: plant")
    assert load_config(None, {}, default_path=tmp_path / "agent.yaml").topic_root == "plant"


def test_which_file_it_is_from_is_told_also_when_there_is_none(tmp_path: Path) -> None:
    default, other = tmp_path / "agent.yaml", tmp_path / "other.yaml"
    assert source_of(None, default) == f"no {default}, so the defaults and the environment"
    default.touch()
    assert source_of(None, default) == str(default)
    assert source_of(other, default) == str(other)


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot be read: No such file or directory"):
        load_config(tmp_path / "none.yaml", {})


def test_bytes_that_are_no_text_are_told_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "agent.yaml").write_bytes(b"device:\n  id: \xff\n")
    with pytest.raises(ConfigError, match=r"agent\.yaml:2: not UTF-8 text"):
        load_config(tmp_path / "agent.yaml", {})


@pytest.mark.parametrize("text", ["", "# nothing\n", "broker:\n  # host: x\n", "---\n"])
def test_an_empty_file_or_section_gives_the_defaults(tmp_path: Path, text: str) -> None:
    assert _load(tmp_path, text) == Config()


@pytest.mark.parametrize(("written", "meant"), [("off", "off"), ("on", "on"), ("auto", "auto"), ('"on"', "on")])
def test_off_and_on_need_no_quotes(tmp_path: Path, written: str, meant: str) -> None:
    assert _load(tmp_path, f"model: {{speculation: {written}}}").model.speculation == meant


def test_an_empty_route_is_a_route(tmp_path: Path) -> None:
    assert list(_load(tmp_path, "routes:\n  plain:\n").routes) == ["plain"]


OVERRIDES: dict[str, tuple[str, str, Callable[[Config], bool]]] = {
    "a number": ("BROKER__PORT", "1884", lambda config: config.broker.port == 1884),
    "over the file": ("BROKER__HOST", "b", lambda config: config.broker.host == "b"),
    "text that looks like a number": ("DEVICE__ID", "007", lambda config: config.device.id == "007"),
    "text that looks like a switch": ("DEVICE__ID", "on", lambda config: config.device.id == "on"),
    "quoted": ("DEVICE__ID", '"7"', lambda config: config.device.id == "7"),
    "a list": ("BROKER__GROUPS", "[a, b]", lambda config: config.broker.groups == ("a", "b")),
    "a section": ("QUEUE", "{max_prompts: 5}", lambda config: config.queue.max_prompts == 5),
    "deep, with the file's capitals": (
        "ROUTES__TRIAGE__SYSTEM",
        "Be brief.",
        lambda config: config.routes["Triage"].system == "Be brief.",
    ),
    "a new route": ("ROUTES__NEW__PRIORITY", "3", lambda config: config.routes["new"].priority == 3),
    "nothing takes the file's value away": ("BROKER__USER", "", lambda config: config.broker.user is None),
    "no TLS": ("BROKER__TLS", "null", lambda config: config.broker.tls is None),
    "a duration": ("STOP_TIMEOUT", "500ms", lambda config: config.stop_timeout == 0.5),
    "a size": ("JOURNAL__MAX_SIZE", "1MiB", lambda config: config.journal.max_size == 1024 * 1024),
}


@pytest.mark.parametrize(("key", "value", "is_so"), OVERRIDES.values(), ids=OVERRIDES.keys())
def test_environment_overrides(tmp_path: Path, key: str, value: str, is_so: Callable[[Config], bool]) -> None:
    text = "broker: {host: a, port: 1, user: u, tls: {}}\nroutes: {Triage: {system: x}}\n"
    config = _load(tmp_path, text, **{f"JETSON_AGENT__{key}": value, "JETSON_AGENT_OTHER": "x", "PATH": "/bin"})
    assert is_so(config)


def test_a_whole_section_in_the_environment_comes_before_its_keys(tmp_path: Path) -> None:
    config = _load(tmp_path, "", JETSON_AGENT__QUEUE="{max_prompts: 5}", JETSON_AGENT__QUEUE__MAX_PAYLOAD="1KiB")
    assert (config.queue.max_prompts, config.queue.max_payload) == (5, 1024)


WRONG_OVERRIDES = {
    "value": ("BROKER__PORT", "x", 'broker.port: must be a whole number, not "x"'),
    "key": ("BROKER__PRT", "1", "broker.prt: unknown key; did you mean `port`?"),
    "below a value": ("LOG_LEVEL__X", "1", "log_level.x: `log_level` has no keys below it"),
    "not YAML": (
        "BROKER__GROUPS",
        "[a",
        "broker.groups: not YAML: while parsing a flow sequence, expected ',' or ']', but got '<stream end>'",
    ),
}


@pytest.mark.parametrize(("key", "value", "expected"), WRONG_OVERRIDES.values(), ids=WRONG_OVERRIDES.keys())
def test_a_wrong_override_is_told_by_its_variable(tmp_path: Path, key: str, value: str, expected: str) -> None:
    variable = f"JETSON_AGENT__{key}"
    assert _complaints(tmp_path, "", **{variable: value}) == [f"environment {variable}: {expected}"]


def test_relative_paths_start_at_the_files_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "answer.json").write_text('{"type": "object"}')
    monkeypatch.chdir("/")
    config = _load(tmp_path, "state_dir: state\nmodels_dir: /models\nroutes: {a: {schema: answer.json}}")
    assert config.state_dir == tmp_path / "state"
    assert config.models_dir == Path("/models")
    assert config.routes["a"].schema_file == tmp_path / "answer.json"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("pics", "{folder}/pics"),
        ("../film.mp4", "{folder}/../film.mp4"),
        ("/srv/film.mp4", "/srv/film.mp4"),
        ("/dev/video0", "/dev/video0"),
        ("csi://0", "csi://0"),
        ("rtsp://cam/live", "rtsp://cam/live"),
        ("http://cam/picture.jpg", "http://cam/picture.jpg"),
        ("'gst: videotestsrc'", "gst: videotestsrc"),
    ],
)
def test_a_cameras_file_or_folder_starts_there_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, meant: str
) -> None:
    monkeypatch.chdir("/")
    config = _load(tmp_path, f"cameras: {{door: {{source: {written}}}}}")
    assert config.cameras["door"].source == meant.format(folder=tmp_path)


def test_a_camera_without_a_source_has_none(tmp_path: Path) -> None:
    assert len(_complaints(tmp_path, 'cameras: {door: {source: ""}}')) == 1


def test_systemd_hands_over_what_only_root_may_read(tmp_path: Path) -> None:
    handed = tmp_path / "run"
    handed.mkdir()
    (handed / "password").write_text("secret")
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "key").write_text("secret")
    text = "broker: {user: u, password_file: credentials/password}\n"
    text += "upstreams: {u: {url: 'https://u', api_key_file: credentials/key}}"
    config = _load(tmp_path, text, CREDENTIALS_DIRECTORY=str(handed))
    assert config.broker.password_file == handed / "password"
    assert config.upstreams["u"].api_key_file == tmp_path / "credentials" / "key", "it was not handed over"
    (tmp_path / "credentials" / "password").write_text("secret")
    assert _load(tmp_path, text).broker.password_file == tmp_path / "credentials" / "password"


def test_reads_the_schemas_of_the_routes_that_have_one(tmp_path: Path) -> None:
    schema = json.dumps({"type": "object"})
    (tmp_path / "answer.json").write_text(schema)
    config = _load(tmp_path, "routes: {a: {schema: answer.json}, b: {}}")
    assert read_schemas(config) == {"a": schema}
    (tmp_path / "answer.json").unlink()
    with pytest.raises(ConfigError, match=r"routes\.a\.schema: there is no such file"):
        read_schemas(config)


NAMED_FILES = {
    "missing": (None, "there is no such file: {file}"),
    "not JSON": (b'{"a":\n1,}', "{file}: not JSON: line 2: Illegal trailing comma before end of object"),
    "not an object": (b"[1]", "{file}: not a JSON Schema: it must be a JSON object"),
    "NaN": (b'{"minimum": NaN}', "{file}: not JSON: NaN is no number"),
    "not text": (b"\xff", "{file}: not UTF-8 text"),
    "deep": (b"[" * 100_000, "{file}: nested too deeply"),
    "beyond a limit": (
        b'{"maxItems": 10000000}',
        "{file}: the JSON Schema is refused: maxItems is 10,000,000, at most 1,000 is allowed",
    ),
    "too large": (
        b'{"title": "' + b"x" * 65536 + b'"}',
        "{file}: the JSON Schema is refused: it has 65,549 bytes, at most 65,536 are allowed",
    ),
}


@pytest.mark.parametrize(("content", "expected"), NAMED_FILES.values(), ids=NAMED_FILES.keys())
def test_looks_into_schema_files(tmp_path: Path, content: bytes | None, expected: str) -> None:
    file = tmp_path / "s.json"
    if content is not None:
        file.write_bytes(content)
    [complaint] = _complaints(tmp_path, "routes:\n  a:\n    schema: s.json\n")
    if "line 2" not in expected:
        assert complaint == f"3: routes.a.schema: {expected.format(file=file)}"
    else:  # json's own words change between Python versions
        assert complaint.startswith(f"3: routes.a.schema: {file}: not JSON: line 2: ")


def test_a_folder_is_no_schema(tmp_path: Path) -> None:
    assert _complaints(tmp_path, "routes: {a: {schema: .}}") == [f"1: routes.a.schema: {tmp_path}: is not a file"]


def test_never_repeats_what_may_be_a_password(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "bytes").write_bytes(b"hunter2\xff")
    for value in ("hunter2", "empty", "bytes", "/"):
        text = f"broker:\n  user: u\n  password_file: {value}\n  password: hunter2\n"
        complaints = _complaints(tmp_path, text)
        assert [line.split(": ")[1] for line in complaints] == ["broker.password_file", "broker.password"]
        assert "hunter2" not in "".join(complaints)


def test_says_where_a_file_with_a_secret_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "credentials").mkdir()
    text = "broker: {user: u, password_file: credentials/hunter2}\n"
    text += "upstreams:\n  big: {url: 'https://h/v1', api_key_file: hun/ter2}"
    assert _complaints(tmp_path, text) == [
        f"1: broker.password_file: there is no such file in {tmp_path}/credentials",
        "3: upstreams.big.api_key_file: there is no such file",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("source: [rtsp://admin:S3cret@h/x]", "3: cameras.door.source: must be text, not what is there: put"),
        ("source: {a: S3cret}", "3: cameras.door.source: must be text, not what is there: put"),
        ("source: rtps://admin:S3cret@h/x", "3: cameras.door.source: must be /dev/video0, rtsp://"),
        ("source: rtsp:/admin:S3cret@h/x", "3: cameras.door.source: must be /dev/video0, rtsp://"),
        ("source: admin:S3cret@h/x?u=http://a", "3: cameras.door.source: must be /dev/video0, rtsp://"),
        ("{source: x, 'rtsp://admin:S3cret@h/x': 1}", "3: cameras.door.rtsp://h/x: unknown key; there are: source"),
        ("{source: x, 'rtsp:/admin:S3cret@h/x': 1}", "3: ***@h/x: unknown key; there are: source"),
        ("{source: x, looks: 'rtsp://admin:S3cret@h/x'}", '3: cameras.door.looks: must be a number, not "rtsp://h/x'),
        (
            f"{{source: x, looks: 'rtsp://admin:S3cret{'y' * 50}@h/x'}}",
            '3: cameras.door.looks: must be a number, not "rtsp://h/x"',
        ),
    ],
)
def test_never_repeats_the_password_in_a_cameras_url(tmp_path: Path, text: str, said: str) -> None:
    (complaint,) = _complaints(tmp_path, f"cameras:\n  door:\n    {text}\n")
    assert complaint.startswith(said)
    assert "S3cret" not in complaint


def test_never_repeats_the_password_in_a_url_that_is_a_cameras_name(tmp_path: Path) -> None:
    complaints = _complaints(tmp_path, "cameras: {'rtsp://admin:S3cret@h/x': {source: x}}")
    assert complaints
    assert "S3cret" not in "".join(complaints)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two self-signed certificates with their keys: a.pem, a.key, b.pem, b.key."""
    folder = tmp_path_factory.mktemp("tls")
    make = shlex.split("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=x")
    for name in "ab":
        subprocess.run(
            [*make, "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"], check=True, capture_output=True
        )
    return folder


def test_accepts_a_certificate_with_its_key(tmp_path: Path, certificates: Path) -> None:
    config = _load(tmp_path, f"broker: {{tls: {{cert: {certificates}/a.pem, key: {certificates}/a.key}}}}")
    assert config.broker.effective_port == 8883


def test_a_key_of_another_certificate_is_told(tmp_path: Path, certificates: Path) -> None:
    cert, key = certificates / "a.pem", certificates / "b.key"
    expected = f"2: broker.tls: {cert} and {key} cannot be used: KEY_VALUES_MISMATCH"
    assert _complaints(tmp_path, f"broker:\n  tls: {{cert: {cert}, key: {key}}}") == [expected]


def test_a_certificate_without_key_is_told(tmp_path: Path, certificates: Path) -> None:
    expected = "1: broker.tls: cert and key belong together: give both or neither"
    assert _complaints(tmp_path, f"broker: {{tls: {{cert: {certificates}/a.pem}}}}") == [expected]


def test_an_authority_that_is_no_certificate_is_told(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("hello")
    expected = f"1: broker.tls.ca: {tmp_path}/ca.pem cannot be used: NO_CERTIFICATE_OR_CRL_FOUND"
    assert _complaints(tmp_path, "broker: {tls: {ca: ca.pem}}") == [expected]


def test_every_key_of_the_tree_is_listed_once() -> None:
    paths = [key.path for key in keys()]
    assert len(paths) == len(set(paths))
    assert ("routes", "*", "schema") in paths
    assert ("broker", "tls", "ca") in paths
