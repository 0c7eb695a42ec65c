"""The six boards.

Layouts from NVIDIA's Jetson Linux developer guides (R32, R35, R36, R38), the kernel's documentation and published
`tegrastats` lines. The values of sensors are plausible, not measured, unless a comment says more. What no primary
source confirms stands in each board's `unverified`.
"""

from tests.boards.board import Board, Channel, Chip, Gpu, Zone

_ORIN_TRIPS = (("active", 70_000), ("passive", 99_000), ("critical", 104_500))
_ORIN_COOLING = (
    "pwm-fan",
    "hot-surface-alert",
    "cpu-throttle-alert",
    "gpu-throttle-alert",
    "devfreq-17000000.gpu",
    "cpufreq-cpu0",
)
_ORIN_UNVERIFIED = (
    "the type of the trip point at 70 degrees",
    "whether PSI is in the kernel",
    "how many cooling devices there are, and their order",
)


def _orin_zones(degrees: float) -> tuple[Zone, ...]:
    names = ("cpu", "gpu", "cv0", "cv1", "cv2", "soc0", "soc1", "soc2", "tj")
    return tuple(
        Zone(f"{name}-thermal", round(degrees * 1000) + 250 * number, _ORIN_TRIPS) for number, name in enumerate(names)
    )


def _orin_gpu(megahertz: int, max_megahertz: int) -> Gpu:
    return Gpu("17000000.gpu", "gpu", megahertz * 1_000_000, max_megahertz * 1_000_000, "device/load")


_NC = Channel("NC")

BOARDS = {
    "orin-nano-super": Board(
        model="NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super",
        compatible=("nvidia,p3768-0000+p3767-0005-super", "nvidia,p3767-0005", "nvidia,tegra234"),
        release="# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic, EABI: aarch64, "
        "DATE: Wed Jan  8 01:51:37 UTC 2025",
        modes={0: "15W", 1: "25W", 2: "MAXN_SUPER", 3: "7W"},
        default_mode=1,
        mode=2,
        chips=(
            Chip(
                "ina3221",
                "1-0040",
                # VDD_IN as seen on a board.
                (Channel("VDD_IN", 5072, 1312), Channel("VDD_CPU_GPU_CV", 5064, 304), Channel("VDD_SOC", 5064, 448)),
            ),
        ),
        gpu=_orin_gpu(306, 1020),
        zones=_orin_zones(49.0),
        cooling=_ORIN_COOLING,
        over_current=True,
        mem_total_kb=7_650_336,
        nvmap=524_688,
        unverified=_ORIN_UNVERIFIED,
    ),
    "orin-nx": Board(
        model="NVIDIA Jetson Orin NX Engineering Reference Developer Kit Super",
        compatible=("nvidia,p3768-0000+p3767-0000-super", "nvidia,p3767-0000", "nvidia,tegra234"),
        release="# R36 (release), REVISION: 4.4, GCID: 41062509, BOARD: generic, EABI: aarch64, "
        "DATE: Mon Jun 16 16:07:13 UTC 2025",
        modes={0: "MAXN_SUPER", 1: "10W", 2: "15W", 3: "25W", 4: "40W"},
        default_mode=4,
        mode=3,
        chips=(
            Chip(
                "ina3221",
                "1-0040",
                (Channel("VDD_IN", 4992, 3385), Channel("VDD_CPU_GPU_CV", 4984, 1600), Channel("VDD_SOC", 4984, 720)),
            ),
        ),
        gpu=_orin_gpu(612, 1173),
        zones=_orin_zones(55.0),
        cooling=_ORIN_COOLING,
        over_current=True,
        mem_total_kb=15_655_548,
        nvmap=1_048_576,
        unverified=("the model's wording", *_ORIN_UNVERIFIED),
    ),
    "agx-orin": Board(
        model="NVIDIA Jetson AGX Orin Developer Kit",
        compatible=("nvidia,p3737-0000+p3701-0005", "nvidia,p3701-0005", "nvidia,tegra234"),
        release="# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic, EABI: aarch64, "
        "DATE: Wed Jan  8 01:51:37 UTC 2025",
        modes={0: "MAXN", 1: "15W", 2: "30W", 3: "50W"},
        default_mode=2,
        mode=2,
        chips=(
            Chip(
                "ina3221",
                "1-0040",
                (
                    Channel("VDD_GPU_SOC", 19_000, 270),
                    Channel("VDD_CPU_CV", 19_000, 172),
                    Channel("VIN_SYS_5V0", 5000, 1100),
                ),
            ),
            Chip("ina3221", "1-0041", (_NC, Channel("VDDQ_VDD2_1V8AO", 5000, 200), _NC)),
        ),
        gpu=_orin_gpu(1300, 1300),
        zones=_orin_zones(47.5),
        cooling=_ORIN_COOLING,
        over_current=True,
        mem_total_kb=64_325_840,
        nvmap=None,
        unverified=("whether VIN_SYS_5V0 counts VDDQ_VDD2_1V8AO too", "the channel of the latter", *_ORIN_UNVERIFIED),
    ),
    "thor": Board(
        model="NVIDIA Jetson AGX Thor Developer Kit",
        compatible=("nvidia,p4071-0000+p3834-0008", "nvidia,p3834-0008", "nvidia,tegra264"),
        release="# R38 (release), REVISION: 4.0, GCID: 43443517, BOARD: generic, EABI: aarch64, "
        "DATE: Wed Dec 31 20:50:48 UTC 2025",
        modes={0: "MAXN", 1: "120W", 2: "90W", 3: "70W"},
        default_mode=1,
        mode=1,
        chips=(
            Chip(
                "ina3221",
                "2-0040",
                (
                    Channel("VDD_GPU", 12_000, 460),
                    Channel("VDD_CPU_SOC_MSS", 12_000, 700),
                    Channel("VIN_SYS_5V0", 5000, 1300),
                ),
            ),
            Chip("ina238", "2-0044", (Channel("VIN", 12_000, 2250),)),
        ),
        gpu=Gpu("gpu-gpc-0", None, 1_575_000_000, 1_575_000_000, None),
        zones=tuple(
            Zone(f"{name}-thermal", 44_000 + 500 * number, (("critical", 114_500),))
            for number, name in enumerate(("tj", "cpu", "gpu", "soc012", "soc345"))
        ),
        cooling=("pwm-fan", "cpufreq-cpu0"),
        over_current=True,
        mem_total_kb=128_819_200,
        nvmap=None,
        unverified=(
            "bus and addresses of the monitors",
            "the device-tree node of the GPU's devfreq entry",
            "trip points below the critical one",
            "cooling devices and soctherm_oc",
        ),
    ),
    "xavier-nx": Board(
        model="NVIDIA Jetson Xavier NX Developer Kit",
        compatible=("nvidia,p3509-0000+p3668-0000", "nvidia,tegra194"),
        release="# R35 (release), REVISION: 4.1, GCID: 33958178, BOARD: t186ref, EABI: aarch64, "
        "DATE: Tue Aug  1 19:57:35 UTC 2023",
        modes={
            0: "MODE_15W_2CORE",
            1: "MODE_15W_4CORE",
            2: "MODE_15W_6CORE",
            3: "MODE_10W_2CORE",
            4: "MODE_10W_4CORE",
            5: "MODE_10W_DESKTOP",
            6: "MODE_20W_2CORE",
            7: "MODE_20W_4CORE",
            8: "MODE_20W_6CORE",
        },
        default_mode=2,
        mode=8,
        chips=(
            Chip(
                "ina3221",
                "7-0040",
                (Channel("VDD_IN", 5000, 775), Channel("VDD_CPU_GPU_CV", 5000, 175), Channel("VDD_SOC", 5000, 207)),
            ),
        ),
        gpu=Gpu("17000000.gv11b", "gv11b", 114_750_000, 1_109_250_000, "sys/devices/gpu.0/load"),
        zones=(
            *(
                Zone(name, millidegrees, (("passive", 95_500), ("critical", 100_500)))
                for name, millidegrees in (("CPU-therm", 32_500), ("GPU-therm", 32_000), ("AUX-therm", 32_500))
            ),
            Zone("AO-therm", 32_500),
            Zone("PMIC-Die", 100_000, (("critical", 120_000),)),
        ),
        cooling=("pwm-fan", "thermal-cpufreq-0", "thermal-devfreq-0"),
        over_current=False,
        mem_total_kb=7_118_772,
        nvmap=262_144,
        unverified=("the trip points", "the cooling devices", "soctherm_oc, left out here"),
    ),
    "nano": Board(
        model="NVIDIA Jetson Nano Developer Kit",
        compatible=("nvidia,p3449-0000-b00+p3448-0000-b00", "nvidia,jetson-nano", "nvidia,tegra210"),
        release="# R32 (release), REVISION: 7.1, GCID: 29818004, BOARD: t210ref, EABI: aarch64, "
        "DATE: Sat Feb 19 17:05:08 UTC 2022",
        modes={0: "MAXN", 1: "5W"},
        default_mode=0,
        mode=1,
        chips=(
            Chip(
                "ina3221x",
                "6-0040",
                (Channel("POM_5V_IN", 4904, 387), Channel("POM_5V_GPU", 4904, 8), Channel("POM_5V_CPU", 4904, 67)),
            ),
        ),
        gpu=Gpu("57000000.gpu", "gpu", 76_800_000, 921_600_000, "sys/devices/gpu.0/load"),
        zones=(
            Zone("AO-therm", 43_500),
            Zone("CPU-therm", 37_000, (("passive", 97_000), ("critical", 102_500))),
            Zone("GPU-therm", 35_500, (("passive", 98_500), ("critical", 103_000))),
            Zone("PLL-therm", 34_000),
            Zone("PMIC-Die", 100_000, (("critical", 120_000),)),
            Zone("thermal-fan-est", 36_500, (("active", 51_000), ("active", 61_000))),
        ),
        cooling=("pwm-fan", "thermal-cpufreq-0"),
        over_current=False,
        mem_total_kb=4_059_336,
        nvmap=None,
        unverified=("the trip points", "the cooling devices"),
    ),
}
