"""What the doctor finds on boards that are well and on boards that are not."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from shutil import copytree

import pytest

from agent.budget.memory import MemoryNow
from agent.candidates import find_candidate
from agent.config import Broker, Config, Device, Model
from agent.demo.broker import PrivateBroker, free_port
from agent.doctor.doctor import examine
from agent.doctor.engine import EngineLibrary, judge_engines, judge_model, probe_engine, probe_engines
from agent.doctor.finding import Finding, Mark
from agent.doctor.surroundings import examine_broker, examine_state_dir, judge_free
from agent.engine.catalog import TENSORRT_EDGE_LLM, TENSORRT_LLM
from agent.engine.preference import MachineFacts
from agent.engine_outcomes import EngineOutcomes
from agent.errors import ConfigError
from agent.journal import LEAST_ROOM
from agent.models.folder import SOURCE_TREE
from agent.platform.sensors import Nvml, find_nvml
from agent.units import Bytes, Seconds
from tests.boards import BOARDS, BoardTree
from tests.unit.platform.fake_nvml import FakeCard, FakePynvml

GENAI, TRT, EDGE = "onnxruntime-genai", "tensorrt-llm", "tensorrt-edge-llm"
NO_GPU = MachineFacts(has_gpu=False)
WITH_CUDA = EngineLibrary("0.18.0", cuda=True)
WITHOUT_CUDA = EngineLibrary("0.18.0")
TWO_LIBRARIES = {TRT: EngineLibrary("1.2.1", cuda=True), EDGE: EngineLibrary("0.11.0", cuda=True)}


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Callable[[str], BoardTree]]:
    """Writes a board's tree."""
    with ExitStack() as stack:
        yield lambda name: stack.enter_context(BoardTree(tmp_path / name, BOARDS[name]))


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A configuration with a model; nobody listens at its broker."""
    model = tmp_path / "models" / "small"
    model.mkdir(parents=True)
    (model / "genai_config.json").write_text("{}")
    return Config(
        device=Device(id="orin-7"),
        state_dir=tmp_path / "state",
        models_dir=tmp_path / "models",
        model=Model(name="small"),
        broker=Broker(host="127.0.0.1", port=free_port()),
    )


def _examine(root: Path, config: Config, library: EngineLibrary = WITH_CUDA, nvml: Nvml | None = None) -> list[Finding]:
    return list(
        examine(lambda: config, root=root, nvml=lambda: nvml or Nvml("not installed"), engines=lambda: {GENAI: library})
    )


def _of(findings: Sequence[Finding], area: str) -> list[tuple[Mark, str]]:
    return [(finding.mark, finding.found) for finding in findings if finding.area == area]


def test_a_board_that_is_well(build: Callable[[str], BoardTree], config: Config) -> None:
    findings = _examine(build("orin-nano-super").root, config)
    machine = (
        "NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super, Jetson Orin Nano 8GB (developer kit), "
        "Orin (T234), JetPack 6.2 (L4T 36.4.3)."
    )
    room = "For INT4 models: up to 3B now, in 3.1 GiB. With 4096 tokens of context: 1B 1.3 GiB, 3B 3.0 GiB, 8B 5.4 GiB."
    engine = (
        "onnxruntime-genai 0.18.0 loads, built for CUDA and CPU (whether for this very GPU shows at the first load)."
    )
    assert [(finding.area, finding.found) for finding in findings if finding.mark is Mark.OK][:11] == [
        ("machine", machine),
        ("mode", "MAXN_SUPER (others: 15W, 25W, 7W; the default is 25W)."),
        ("power", "6.65 W in all: VDD_IN measures the input."),
        ("rails", "VDD_IN 6.65 W, VDD_CPU_GPU_CV 1.54 W, VDD_SOC 2.27 W (by ina3221 1-0040)."),
        ("heat", "Hottest: tj-thermal 51.0 \u00b0C, slows down at 99 \u00b0C, switches off at 104.5 \u00b0C."),
        ("gpu", "17000000.gpu, 306 of 1020 MHz, 25% busy."),
        ("memory", "3.6 GiB of 7.3 GiB available, swap 3.6 GiB, the GPU has 0.5 GiB."),
        ("room", room),
        ("access", "This user may read all 20 sensors."),
        ("access", "This user may use the GPU: /dev/nvmap."),
        ("engine", engine),
    ]
    assert [finding.area for finding in findings if finding.mark is not Mark.OK] == ["broker"]


@pytest.mark.parametrize("name", BOARDS)
def test_every_board_that_is_well(name: str, build: Callable[[str], BoardTree], config: Config) -> None:
    nvml = find_nvml(lambda _name: FakePynvml([FakeCard(name="Thor")] if name == "thor" else []))
    findings = _examine(build(name).root, config, nvml=nvml)
    assert [finding.area for finding in findings if finding.mark is not Mark.OK] == ["broker"]


def test_a_board_that_is_ill(build: Callable[[str], BoardTree], config: Config) -> None:
    tree = build("orin-nano-super")
    tree.rail_file("VDD_SOC").write_text("?\n")
    (tree.root / "var/lib/nvpmodel/status").unlink()
    tree.zone_file("tj-thermal").write_text("95000\n")
    tree.zone_file("cpu-thermal").write_text("?\n")
    tree.gate("cv0-thermal")
    tree.cooling_file("gpu-throttle-alert").write_text("1\n")
    (tree.root / "sys/class/hwmon/hwmon0/oc1_event_cnt").write_text("12\n")
    (tree.root / "sys/class/hwmon/hwmon0/oc3_event_cnt").write_text("1200\n")
    (tree.root / "proc/meminfo").write_text("MemTotal: 7650336 kB\nMemAvailable: 300000 kB\n")
    (tree.root / "proc/vmstat").write_text("oom_kill 2\n")
    (tree.root / "proc/pressure").mkdir()
    (tree.root / "proc/pressure/memory").write_text("some avg10=25.00 avg60=3.00 avg300=0.10 total=123\n")
    (tree.root / "etc/nv_tegra_release").unlink()
    warnings = [
        (finding.area, finding.found)
        for finding in _examine(tree.root, config, WITHOUT_CUDA)
        if finding.mark is Mark.WARN
    ]
    assert warnings[0][0] == "machine"
    assert warnings[1:] == [
        ("mode", "The power mode is not known: not there."),
        ("rails", "VDD_SOC of ina3221 1-0040: not a number."),
        ("heat", "Hottest: tj-thermal 95.0 \u00b0C, slows down at 99 \u00b0C, switches off at 104.5 \u00b0C."),
        ("heat", "cpu-thermal: not a number."),
        ("heat", "Slowed down now by gpu-throttle-alert."),
        ("supply", "12 events of under-voltage since boot (oc1)."),
        ("memory", "0.3 GiB of 7.3 GiB available."),
        ("memory", "Programs wait for memory 25% of the time."),
        ("memory", "Since boot the kernel has ended 2 programs because memory ran out."),
        ("engine", "onnxruntime-genai 0.18.0 loads, built for CPU. The GPU is not used."),
    ]


def test_a_lost_input_rail_is_told(build: Callable[[str], BoardTree], config: Config) -> None:
    tree = build("orin-nx")
    (tree.rail_file("VDD_IN").parent / "in1_label").unlink()
    found = "Unknown: VDD_IN is missing, and the other rails are only a part."
    [(mark, words)] = _of(_examine(tree.root, config), "power")
    assert (mark, words) == (Mark.WARN, f"{found} So no power budget can be kept, and no joules told.")


def test_a_driver_without_its_library_is_told(tmp_path: Path, config: Config) -> None:
    (tmp_path / "root/proc/driver/nvidia").mkdir(parents=True)
    (tmp_path / "root/proc/driver/nvidia/version").touch()
    findings = _examine(tmp_path / "root", config, WITHOUT_CUDA)
    assert [mark for mark, _ in _of(findings, "gpu")] == [Mark.WARN]
    assert _of(findings, "engine")[0][0] is Mark.WARN


def test_a_wrong_configuration_is_a_finding(tmp_path: Path) -> None:
    def load() -> Config:
        raise ConfigError("agent.yaml:1: nope: unknown key\nagent.yaml:2: log_level: wrong")

    findings = list(examine(load, root=tmp_path, nvml=lambda: Nvml("none"), engines=lambda: {GENAI: WITHOUT_CUDA}))
    assert findings[-1].area == "config"
    assert findings[-1].mark is Mark.PROBLEM
    assert "unknown key\nagent.yaml:2" in findings[-1].found


def test_the_engine_of_this_machine_loads() -> None:
    libraries = probe_engines()
    assert libraries[GENAI].problem is None
    assert libraries[GENAI].version is not None


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        ("import os; os.abort()", "loading it ends the process (Aborted): it said nothing"),
        ("import none_such", "it does not load: ModuleNotFoundError: No module named 'none_such'"),
        ("import time; time.sleep(60)", "it has not loaded after 0.5 s"),
    ],
)
def test_an_engine_that_does_not_load(program: str, problem: str) -> None:
    timeout = Seconds(0.5) if "sleep" in program else Seconds(30.0)
    library = probe_engine("0.18.0", (sys.executable, "-c", program), timeout)
    assert library == EngineLibrary(None, problem=problem)
    finding, others = judge_engines({GENAI: library}, is_jetson=False, has_gpu=False)
    assert finding.mark is Mark.PROBLEM, "there is no other"
    assert finding.found == f"onnxruntime-genai: {problem}."
    assert others.found == "Not installed: tensorrt-llm, tensorrt-edge-llm."
    finding, *_ = judge_engines({GENAI: library, TRT: WITH_CUDA}, is_jetson=False, has_gpu=False)
    assert finding.mark is Mark.WARN, "there is another"


def test_no_engine_at_all() -> None:
    (finding,) = judge_engines({}, is_jetson=False, has_gpu=False)
    assert finding.mark is Mark.PROBLEM
    assert finding.advice == "At least one is needed: pip install onnxruntime-genai"


def test_a_model_that_is_there(config: Config) -> None:
    shipped = config.model_copy(update={"model": Model(name="edge-tiny")})
    finding, engine = judge_model(shipped, MemoryNow(Bytes(2**30), Bytes(2**30)), {GENAI: WITHOUT_CUDA}, NO_GPU)
    assert finding.mark is Mark.OK
    assert finding.found.endswith("MiB with 4,096 tokens of context.")
    assert engine.found == "It has files for onnxruntime-genai; auto takes onnxruntime-genai: the only one here."
    short, _ = judge_model(shipped, MemoryNow(Bytes(520 << 20), Bytes(2**30)), {GENAI: WITHOUT_CUDA}, NO_GPU)
    assert short.mark is Mark.WARN
    assert "bytes of memory, and 8,388,608 are available to it" in short.found


def test_a_model_whose_files_do_not_tell_what_it_needs(config: Config) -> None:
    finding, _ = judge_model(config, MemoryNow(Bytes(2**30), Bytes(2**30)), {GENAI: WITHOUT_CUDA}, NO_GPU)
    assert finding.mark is Mark.OK
    assert finding.found.partition("; ")[2].startswith("what memory it needs is not known: model 'small': ")
    assert finding.found.endswith("genai_config.json: model: Field required.")


@pytest.fixture
def copied(config: Config, tmp_path: Path) -> Config:
    """Two copies of the shipped model; `my-tiny` is configured."""
    for name in ("my-tiny", "other"):
        copytree(SOURCE_TREE / "edge-tiny", tmp_path / "models" / name)
    (tmp_path / "state").mkdir()
    return config.model_copy(update={"model": Model(name="my-tiny")})


def _cut(config: Config, model: str) -> None:
    assert config.models_dir is not None
    file = config.models_dir / model / "model.onnx"
    file.write_bytes(file.read_bytes()[:5000])


def _remember(config: Config, model: str, reason: str) -> None:
    """Every engine has failed to load it."""
    candidate = find_candidate(model, config)
    outcomes = EngineOutcomes(config.state_dir / "engines.json")
    for way in candidate.ways:
        outcomes.failed(candidate, way, reason, None)
    outcomes.save()


def test_a_model_whose_file_is_damaged(copied: Config) -> None:
    _cut(copied, "my-tiny")
    finding, _ = judge_model(copied, MemoryNow(Bytes(2**30), Bytes(2**30)), {GENAI: WITHOUT_CUDA}, NO_GPU)
    assert finding.mark is Mark.PROBLEM
    assert finding.found.endswith("my-tiny/model.onnx is not an ONNX file: it ends amid a field.")
    assert finding.advice is not None
    assert "jetson-agent models verify my-tiny" in finding.advice


def test_a_model_that_did_not_load_is_told_with_the_reason(copied: Config) -> None:
    _remember(copied, "my-tiny", "Protobuf parsing failed")
    _, choice = judge_model(copied, None, {GENAI: WITHOUT_CUDA}, NO_GPU)
    assert choice.mark is Mark.PROBLEM
    assert choice.found.endswith(
        "the only one here. The last time: my-tiny does not load by onnxruntime-genai: Protobuf parsing failed."
    )
    assert choice.advice is not None
    assert "models verify my-tiny" in choice.advice
    assert "load_model" in choice.advice
    named = copied.model_copy(update={"model": Model(name="my-tiny", engine=GENAI)})
    _, choice = judge_model(named, None, {GENAI: WITHOUT_CUDA}, NO_GPU)
    assert choice.mark is Mark.PROBLEM
    assert "Protobuf parsing failed" in choice.found


def test_a_model_that_does_not_load_is_no_problem_while_the_fallback_may(copied: Config) -> None:
    _cut(copied, "my-tiny")
    _remember(copied, "my-tiny", "Protobuf parsing failed")
    with_fallback = copied.model_copy(update={"model": Model(name="my-tiny", fallback="other")})
    findings = list(judge_model(with_fallback, None, {GENAI: WITHOUT_CUDA}, NO_GPU))
    assert [finding.mark for finding in findings] == [Mark.WARN, Mark.WARN]
    _remember(with_fallback, "other", "no kernel image")
    findings = list(judge_model(with_fallback, None, {GENAI: WITHOUT_CUDA}, NO_GPU))
    assert [finding.mark for finding in findings] == [Mark.PROBLEM, Mark.PROBLEM], "nor does that load"
    without_it = copied.model_copy(update={"model": Model(name="my-tiny", fallback="none-such")})
    findings = list(judge_model(without_it, None, {GENAI: WITHOUT_CUDA}, NO_GPU))
    assert [finding.mark for finding in findings] == [Mark.PROBLEM, Mark.PROBLEM], "nor is there one"


@pytest.fixture
def two_forms(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A model for two engines; of their libraries there are only the names."""
    folder = tmp_path / "models" / "small"
    (folder / "genai_config.json").rename(folder / "config.json")
    (folder / "model.safetensors").touch()
    (folder / ".edgellm").mkdir()
    for module in (*TENSORRT_LLM.modules, *TENSORRT_EDGE_LLM.modules):
        (tmp_path / f"{module}.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    return config


def test_which_engine_auto_takes_and_why(two_forms: Config) -> None:
    _, choice = judge_model(two_forms, None, TWO_LIBRARIES, NO_GPU)
    files = "It has files for tensorrt-llm, tensorrt-edge-llm; auto takes"
    assert choice.found == f"{files} tensorrt-llm: preferred here to tensorrt-edge-llm."
    _, choice = judge_model(two_forms, None, TWO_LIBRARIES | {TRT: EngineLibrary(None, problem="it is broken")}, NO_GPU)
    assert choice.found == f"{files} tensorrt-edge-llm: tensorrt-llm was tried first: it is broken."
    named = two_forms.model_copy(update={"model": Model(name="small", engine=EDGE)})
    _, choice = judge_model(named, None, TWO_LIBRARIES, NO_GPU)
    assert choice.found == "model.engine says tensorrt-edge-llm."
    _, choice = judge_model(named, None, TWO_LIBRARIES | {EDGE: EngineLibrary(None, problem="it is broken")}, NO_GPU)
    assert (choice.mark, choice.found) == (
        Mark.PROBLEM,
        "model.engine says tensorrt-edge-llm. Its library does not load.",
    )


def test_what_did_not_load_before_is_told_with_what_to_do(two_forms: Config) -> None:
    two_forms.state_dir.mkdir()
    candidate = find_candidate("small", two_forms)
    outcomes = EngineOutcomes(two_forms.state_dir / "engines.json")
    outcomes.failed(candidate, candidate.ways[0], "no kernel image", None)
    outcomes.save()
    _, choice = judge_model(two_forms, None, TWO_LIBRARIES, NO_GPU)
    assert choice.found.endswith(
        "auto takes tensorrt-edge-llm: tensorrt-llm is not tried again, it did not load: no kernel image."
    )
    assert choice.advice is not None
    assert "load_model" in choice.advice


def test_a_model_that_is_not_there(config: Config) -> None:
    (finding,) = judge_model(config.model_copy(update={"model": Model(name="none-such")}), None, {}, NO_GPU)
    assert finding.mark is Mark.PROBLEM
    assert finding.found.startswith("model 'none-such' was not found")


def test_a_broker_that_answers(tmp_path: Path) -> None:
    with PrivateBroker(tmp_path) as broker:
        finding = examine_broker(Broker(host="127.0.0.1", port=broker.port))
    assert (finding.mark, finding.found) == (Mark.OK, f"127.0.0.1:{broker.port} answers.")


def test_a_broker_that_is_not_there(config: Config) -> None:
    finding = examine_broker(config.broker)
    assert finding.mark is Mark.PROBLEM
    assert f"no broker at 127.0.0.1:{config.broker.port}" in finding.found
    assert finding.advice is not None
    assert "mosquitto" in finding.advice


def test_credentials_that_cannot_be_read(tmp_path: Path) -> None:
    finding = examine_broker(Broker(host="broker.invalid", user="me", password_file=tmp_path / "none"))
    assert (finding.mark, finding.found, finding.advice) == (
        Mark.PROBLEM,
        "broker.password_file: No such file or directory.",
        None,
    )


def test_a_state_folder(config: Config) -> None:
    assert "will be made" in examine_state_dir(config).found
    config.state_dir.mkdir()
    finding = examine_state_dir(config)
    assert finding.mark is Mark.OK
    assert f"{config.state_dir} is writable" in finding.found


def test_a_file_where_the_state_folder_should_be(config: Config) -> None:
    config.state_dir.write_text("")
    assert examine_state_dir(config).mark is Mark.PROBLEM


def test_too_little_room(config: Config) -> None:
    journal = config.journal.model_copy(update={"max_size": 2**60})
    assert examine_state_dir(config.model_copy(update={"journal": journal})).mark is Mark.WARN


@pytest.mark.parametrize(
    ("free", "mark"),
    [(0, Mark.PROBLEM), (LEAST_ROOM - 1, Mark.PROBLEM), (LEAST_ROOM, Mark.WARN), (2**20, Mark.OK)],
)
def test_a_disk_on_which_no_journal_can_be_begun_is_a_problem(free: int, mark: Mark) -> None:
    assert judge_free("/state is writable", free, 2**20).mark is mark


_AS_NOBODY = """
import os, sys
from pathlib import Path
from agent.config import Config
from agent.doctor.surroundings import examine_state_dir
if os.geteuid() == 0:
    os.setuid(65534)
for folder in sys.argv[1:]:
    finding = examine_state_dir(Config(state_dir=Path(folder)))
    print(finding.mark, finding.advice.split(": ")[-1].split()[0:3])
"""


def test_folders_of_somebody_else() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _AS_NOBODY, "/usr", "/usr/none-such"], check=True, capture_output=True, text=True
    )
    assert ended.stdout.splitlines() == ["warn ['sudo', '-u', 'root']", "problem ['sudo', 'install', '-d']"]


def test_a_small_board_has_room_for_the_model_that_ships(build: Callable[[str], BoardTree], config: Config) -> None:
    tree = build("nano")
    (tree.root / "proc/meminfo").write_text("MemTotal: 4059336 kB\nMemAvailable: 700000 kB\n")
    assert "none of them now; the model that ships fits" in _of(_examine(tree.root, config), "room")[0][1]
