"""What is tried on aarch64, in this order: each check says what was seen, or raises AssertionError."""

import struct
import time
from pathlib import Path

from tests.aarch64.emulated import Emulated

BUNDLE = "/root/jetson-agent"
_INSTALLED = "/opt/jetson-agent"
_RELEASE = f"{_INSTALLED}/releases/tried"
_AGENT = f"{_RELEASE}/bin/jetson-agent"
_CONFIG = "/etc/jetson-agent/agent.yaml"
_CONFIG_IS_WRONG = 78
_AARCH64 = 183
"""`e_machine` of an ELF file: EM_AARCH64 of elf.h."""
_OF_EXTRAS = {
    *("gguf", "jinja2", "modelopt", "onnx", "onnx_ir", "pynvml", "tensorrt_edgellm", "tensorrt_llm", "tokenizers"),
    *("torch", "transformers"),
}
"""Packages of pyproject.toml's extras, and those that come with JetPack: not in the lock."""
_QUESTION = "Facts: the door is open. Question: is the door open?"
_ANSWER = "Yes, the door is open."

_IMPORT_ALL = """
import importlib, pkgutil, agent
names = [it.name for it in pkgutil.walk_packages(agent.__path__, "agent.") if not it.name.endswith("__main__")]
for name in names:
    try:
        importlib.import_module(name)
    except Exception as error:
        first = error
        while first.__cause__ is not None:
            first = first.__cause__
        print("MISSING", first.name if isinstance(first, ModuleNotFoundError) else f"{name}: {error!r}")
print("MODULES", len(names))
"""

_DOCTOR = "mosquitto -d -c /etc/mosquitto.conf; exec {agent} doctor --config {config}"
_SERVE = """
mosquitto -d -c /etc/mosquitto.conf
export JETSON_AGENT__ENGINE__STEP_TIMEOUT=1h JETSON_AGENT__ENGINE__LOAD_TIMEOUT=1h # what is slow here is no hang
{installed}/launcher run --config {config} >/tmp/agent.log 2>&1 &
until {agent} ask --config {config} --timeout 50min '{question}'; do
    # 1: the agent is not there yet.
    [ $? = 1 ] && kill -0 $! || {{ cat /tmp/agent.log; exit 1; }}
done
"""


def lock_installs_from_wheels_for_aarch64(it: Emulated) -> str:
    """As install.sh does it: a virtual environment, what the lock pins with its hashes, the agent. Nothing is built."""
    assert it.run("/usr/bin/python3", "-c", "import os; print(os.uname().machine)") == "aarch64"
    it.run("/usr/bin/python3", "-m", "venv", _RELEASE)
    how = ("--quiet", "--disable-pip-version-check", "--no-cache-dir", "--no-compile")
    pip = (f"{_RELEASE}/bin/python", "-m", "pip", "install", *how, "--no-index")
    from_wheels = ("--only-binary=:all:", "--find-links", f"{BUNDLE}/wheels")
    for lock in ("deploy/pip.lock", "requirements.lock"):
        it.run(*pip, *from_wheels, "--require-hashes", "-r", f"{BUNDLE}/{lock}")
    (wheel,) = (it.root / BUNDLE[1:] / "wheels").glob("jetson_agent-*.whl")
    it.run(*pip, "--no-deps", f"{BUNDLE}/wheels/{wheel.name}")
    libraries = [file for file in (it.root / _RELEASE[1:]).rglob("*.so*") if file.is_file()]
    of_others = [file.name for file in libraries if _machine(file) != _AARCH64]
    assert libraries, "not one native library"
    assert not of_others, of_others
    said = it.run(_AGENT, "version").splitlines()
    return f"{len(libraries)} native libraries, all of aarch64; {said[-1]}"


def every_module_imports(it: Emulated) -> str:
    """But for those of extras that are not in the lock."""
    said = it.run(f"{_RELEASE}/bin/python", "-c", _IMPORT_ALL).splitlines()
    missing = {line.removeprefix("MISSING ") for line in said if line.startswith("MISSING ")}
    assert missing <= _OF_EXTRAS, missing - _OF_EXTRAS
    (modules,) = (int(line.split()[1]) for line in said if line.startswith("MODULES "))
    return f"{modules} modules; not here, as intended: {', '.join(sorted(missing))}"


def check_config_tells_right_from_wrong(it: Emulated) -> str:
    """The example with a device of its own; an unknown key."""
    place = it.root / _CONFIG[1:]
    place.parent.mkdir()
    example = (it.root / BUNDLE[1:] / "deploy/agent.example.yaml").read_text()
    place.write_text(f"{example}\nno_such_key: 1\n")
    wrong = it.call(_AGENT, "check-config", "--config", _CONFIG)
    assert wrong.returncode == _CONFIG_IS_WRONG, wrong.stdout
    assert "no_such_key" in wrong.stdout, wrong.stdout
    place.write_text(example)
    it.run(_AGENT, "check-config", "--config", _CONFIG)
    return f"right: 0; wrong: {_CONFIG_IS_WRONG}, and the key's name"


def doctor_finds_no_problem(it: Emulated) -> str:
    """With a broker; warnings are for what an emulated machine lacks."""
    (it.root / "etc/mosquitto.conf").write_text("user root\nlistener 1883 127.0.0.1\nallow_anonymous true\n")
    said = it.run("/bin/sh", "-c", _DOCTOR.format(agent=_AGENT, config=_CONFIG))
    assert "loads, built" in said, said
    return said.splitlines()[-1]


def prompt_is_answered(it: Emulated) -> str:
    """Through the launcher, a broker and the model that ships, with the words that it has on other machines."""
    (it.root / _INSTALLED[1:] / "current").symlink_to("releases/tried")
    it.run("/bin/cp", f"{BUNDLE}/deploy/launcher", f"{_INSTALLED}/launcher")
    began = time.monotonic()
    said = it.run(
        "/bin/sh", "-c", _SERVE.format(installed=_INSTALLED, agent=_AGENT, config=_CONFIG, question=_QUESTION)
    )
    assert _ANSWER in said, said
    return f"{_ANSWER!r} {time.monotonic() - began:.0f} s after its start"


CHECKS = (
    lock_installs_from_wheels_for_aarch64,
    every_module_imports,
    check_config_tells_right_from_wrong,
    doctor_finds_no_problem,
    prompt_is_answered,
)


def _machine(library: Path) -> int:
    """What an ELF file is for."""
    with library.open("rb") as file:
        head = file.read(20)
    assert head[:4] == b"\x7fELF", library
    (machine,) = struct.unpack_from("<H", head, 18)
    return int(machine)
