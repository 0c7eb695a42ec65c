"""Which wheels a lock file asks for that are not there."""

from pathlib import Path

import pytest
from packaging.utils import parse_wheel_filename

from agent.fleet_admin.errors import FleetError
from agent.fleet_admin.lock_file import Wheel, missing

_LOCK = """\
# made by a tool
--index-url https://example.org
plain==1.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via other
numpy==2.4 ; python_full_version < '3.12' \\
    --hash=sha256:cc
numpy==2.5 ; python_full_version >= '3.12' --hash=sha256:dd
only-windows==3 ; sys_platform == 'win32' --hash=sha256:ee
Fast.Part==4 ; platform_machine == 'aarch64' --hash=sha256:ff
"""
_ARM = "manylinux_2_27_aarch64.manylinux_2_28_aarch64"
_X86 = "manylinux_2_28_x86_64"
_PLAIN = "plain-1.0-py3-none-any"
_PART = f"fast_part-4-cp310-abi3-{_ARM}"
_LOCK_FILE = Path(__file__).parents[3] / "requirements.lock"


def _wheels(*names: str) -> list[Wheel]:
    parsed = (parse_wheel_filename(f"{name}.whl") for name in names)
    return [Wheel(name, version, tags) for name, version, _, tags in parsed]


@pytest.mark.parametrize(
    ("wheels", "machines", "absent"),
    [
        ((_PLAIN, f"numpy-2.5-cp312-cp312-{_ARM}", _PART), ("aarch64",), []),
        ((_PLAIN, f"numpy-2.4-cp311-cp311-{_X86}"), ("x86_64",), []),
        ((_PLAIN, f"numpy-2.4-cp312-cp312-{_ARM}", _PART), ("aarch64",), ["numpy==2.5 for Python 3.12 on aarch64"]),
        ((_PLAIN, f"numpy-2.5-cp312-cp312-{_ARM}"), ("aarch64",), ["Fast.Part==4 for Python 3.12 on aarch64"]),
        ((f"numpy-2.4-cp311-cp311-{_X86}",), ("x86_64",), ["plain==1.0 for Python 3.11 on x86_64"]),
        (("plain-1.1-py3-none-any", f"numpy-2.4-cp311-cp311-{_X86}"), ("x86_64",), ["plain==1.0"]),
        (("plain-1.0-py2-none-any", f"numpy-2.4-cp311-cp311-{_X86}"), ("x86_64",), ["plain==1.0"]),
        # Compiled for two machines, of which one gets its part only.
        (
            (_PLAIN, f"numpy-2.5-cp312-cp312-{_X86}", _PART),
            ("aarch64", "x86_64"),
            ["numpy==2.5 for Python 3.12 on aar"],
        ),
        # For two Pythons.
        (
            (_PLAIN, f"numpy-2.4-cp311-cp311-{_X86}", f"plain-1.0-cp312-cp312-{_X86}"),
            ("x86_64",),
            ["numpy==2.5 for Python 3.12 on x86_64"],
        ),
        # A stable ABI is for later Pythons, not for earlier ones.
        (
            (_PLAIN, f"numpy-2.5-cp312-cp312-{_ARM}", f"fast_part-4-cp313-abi3-{_ARM}"),
            ("aarch64",),
            ["Fast.Part==4 for Python 3.12 on aarch64"],
        ),
        # Nothing compiled: all machines, and the operator's own Python.
        (
            (_PLAIN,),
            (),
            [
                "numpy==2.4 for Python 3.11 on aarch64",
                "Fast.Part==4 for Python 3.11 on aarch64",
                "numpy==2.4 for Python 3.11 on x86_64",
            ],
        ),
    ],
)
def test_what_a_device_would_look_for_in_vain(
    wheels: tuple[str, ...], machines: tuple[str, ...], absent: list[str]
) -> None:
    found = missing(_LOCK, _wheels(*wheels), machines, 11)
    assert len(found) == len(absent)
    assert all(one.startswith(begins) for one, begins in zip(found, absent, strict=True))


def test_the_agents_own_lock_asks_for_what_its_pythons_need() -> None:
    lock = _LOCK_FILE.read_text(encoding="utf-8")
    asked = {minor: {one.split(" ")[0] for one in missing(lock, [], ("aarch64",), minor)} for minor in (11, 12)}
    assert {one.partition("==")[0] for one in asked[11] ^ asked[12]} == {"numpy"}
    names = {one.partition("==")[0] for one in asked[12]}
    assert {"annotated-doc", "numpy", "pydantic"} <= names
    assert names.isdisjoint({"colorama", "httpx2-jsfetch"})


def test_a_line_that_is_no_requirement() -> None:
    with pytest.raises(FleetError, match="the lock file has 'what is this': "):
        missing("what is this\n", [], (), 11)
