"""Names that a Jetson does not tell itself: its chip, its module, its JetPack release.

From NVIDIA's Jetson Linux developer guides, module data sheets and the JetPack archive.
"""

SOCS = {
    "nvidia,tegra210": "Tegra X1 (T210)",
    "nvidia,tegra186": "Tegra X2 (T186)",
    "nvidia,tegra194": "Xavier (T194)",
    "nvidia,tegra234": "Orin (T234)",
    "nvidia,tegra264": "Thor (T264)",
}
"""By the last name in the device tree's `compatible`."""

MODULES = {
    "p3834-0008": "Jetson T5000",
    "p3767-0000": "Jetson Orin NX 16GB",
    "p3767-0001": "Jetson Orin NX 8GB",
    "p3767-0003": "Jetson Orin Nano 8GB",
    "p3767-0004": "Jetson Orin Nano 4GB",
    "p3767-0005": "Jetson Orin Nano 8GB (developer kit)",
    "p3701-0000": "Jetson AGX Orin (developer kit)",
    "p3701-0004": "Jetson AGX Orin 32GB",
    "p3701-0005": "Jetson AGX Orin 64GB",
    "p3668-0000": "Jetson Xavier NX (developer kit)",
    "p3668-0001": "Jetson Xavier NX",
    "p3448-0000": "Jetson Nano (developer kit)",
    "p3448-0002": "Jetson Nano",
}
"""By part number."""

_RELEASES = {
    "39.2.0": "7.2",
    "38.4.0": "7.1",
    "36.5.0": "6.2.2",
    "36.4.7": "6.2.1",
    "36.4.4": "6.2.1",
    "36.4.3": "6.2",
    "36.4.0": "6.1",
    "36.3.0": "6.0",
    "35.6.0": "5.1.4",
    "35.5.0": "5.1.3",
    "35.4.1": "5.1.2",
    "35.3.1": "5.1.1",
    "35.2.1": "5.1",
    "35.1.0": "5.0.2",
    "32.7.4": "4.6.4",
    "32.7.3": "4.6.3",
    "32.7.2": "4.6.2",
    "32.7.1": "4.6.1",
    "32.6.1": "4.6",
}
_SERIES = {"38.2": "7.0"}
"""Every release of a series belongs to the same JetPack."""
_GENERATIONS = {"32": "4", "34": "5", "35": "5", "36": "6", "38": "7", "39": "7"}


def jetpack_of(l4t: str) -> str | None:
    """The JetPack release of a Jetson Linux release: `6.2` of `36.4.3`; `6` of a 36 that is not listed; else None."""
    release = l4t if l4t.count(".") > 1 else f"{l4t}.0"
    major, minor, _ = release.split(".", 2)
    return _RELEASES.get(release) or _SERIES.get(f"{major}.{minor}") or _GENERATIONS.get(major)
