"""How the six simulated boards draw power and work.

From published figures, as far as there are any; each number's source stands beside it: [fixture] the sysfs sample in
`tests/boards`, [NX modes] an Orin NX measured at 16.9 W in "25W" and 29.4 W in MAXN_SUPER, [tokens] published
tokens/s (Orin Nano: Ollama, 1B; AGX Orin and Thor: NVIDIA, vLLM, 3B W4A16, one and eight requests). [assumed] is a
guess of the right size. The control law must not depend on any of them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class PlantBoard:
    """A board under load.

    Attributes:
        idle_w: The whole machine, model loaded, nothing running.
        decode_w: While it generates for one request at the full clock of its mode.
        prefill_w: While it reads a prompt.
        decode_s: One step of one request.
        prefill_s: One part of a prompt, 64 tokens.
        clock_bound: Share of a decode step that a lower clock makes longer; the rest waits for memory.
        batch_time: How much longer a step is for each further request.
        batch_rise: How much more it draws for each.
        modes: Clock of each power mode, relative to the highest.
        mode: The one that is set.
        step_ma: The smallest step of current that the meter tells apart.
        window_s: What one reading of the meter averages over.
        delay_s: How old a reading is at least.
        kelvin_per_w: How much hotter than the air it becomes.
        heat_s: How long that takes (time constant).
        rails: Share of the base and of what the engine adds that each rail other than the input carries.
    """

    idle_w: float
    decode_w: float
    prefill_w: float
    decode_s: float
    prefill_s: float
    clock_bound: float
    batch_time: float
    batch_rise: float
    modes: dict[str, float]
    mode: str
    step_ma: int
    window_s: float
    delay_s: float
    kelvin_per_w: float
    heat_s: float
    rails: dict[str, tuple[float, float]]


_ORIN_RAILS = {"VDD_CPU_GPU_CV": (0.2, 0.7), "VDD_SOC": (0.3, 0.2)}  # [assumed]
_INA3221_MA = 8
"""[fixture] 1312, 304 and 448 mA: all are multiples of 8."""
_INA3221_S = 0.1
"""[assumed] 16 samples of three channels, voltage and current, 1.1 ms each."""

PLANT_BOARDS = {
    "orin-nano-super": PlantBoard(
        idle_w=6.65,  # [fixture]
        decode_w=17.0,  # [assumed]
        prefill_w=21.0,  # [assumed]
        decode_s=1 / 62,  # [tokens]
        prefill_s=0.045,  # [assumed]
        clock_bound=0.3,  # [assumed]
        batch_time=0.107,  # as AGX Orin
        batch_rise=0.03,  # [assumed]
        modes={"7W": 0.4, "15W": 0.6, "25W": 0.9, "MAXN_SUPER": 1.0},  # [assumed]
        mode="MAXN_SUPER",
        step_ma=_INA3221_MA,
        window_s=_INA3221_S,
        delay_s=0.02,
        kelvin_per_w=2.2,
        heat_s=60.0,
        rails=_ORIN_RAILS,
    ),
    "orin-nx": PlantBoard(
        idle_w=7.0,  # [assumed]
        decode_w=15.4,  # [assumed]
        prefill_w=16.9,  # [NX modes]
        decode_s=1 / 62,  # [tokens]: the memory bandwidth of the Nano Super
        prefill_s=0.040,  # [assumed]
        clock_bound=0.3,
        batch_time=0.107,
        batch_rise=0.03,
        modes={"10W": 0.35, "15W": 0.5, "25W": 0.65, "40W": 0.95, "MAXN_SUPER": 1.0},  # [NX modes] by watts
        mode="25W",
        step_ma=_INA3221_MA,
        window_s=_INA3221_S,
        delay_s=0.02,
        kelvin_per_w=2.0,
        heat_s=60.0,
        rails=_ORIN_RAILS,
    ),
    "agx-orin": PlantBoard(
        idle_w=13.0,  # [fixture] 14.9 W with a GPU at 12 % load
        decode_w=29.0,  # [assumed]
        prefill_w=34.0,  # [assumed]
        decode_s=1 / 52.6,  # [tokens]
        prefill_s=0.035,  # [assumed]
        clock_bound=0.25,
        batch_time=(8 * 52.6 / 240.7 - 1) / 7,  # [tokens]
        batch_rise=0.03,
        modes={"15W": 0.4, "30W": 0.65, "50W": 0.85, "MAXN": 1.0},  # [assumed]
        mode="30W",
        step_ma=_INA3221_MA,
        window_s=_INA3221_S,
        delay_s=0.02,
        kelvin_per_w=1.0,
        heat_s=120.0,
        rails={  # [assumed]
            "VDD_GPU_SOC": (0.35, 0.7),
            "VDD_CPU_CV": (0.2, 0.1),
            "VIN_SYS_5V0": (0.38, 0.15),
            "VDDQ_VDD2_1V8AO": (0.07, 0.05),
        },
    ),
    "thor": PlantBoard(
        idle_w=27.0,  # [fixture]
        decode_w=68.0,  # [assumed]
        prefill_w=95.0,  # [assumed]
        decode_s=1 / 65.8,  # [tokens]
        prefill_s=0.020,  # [assumed]
        clock_bound=0.25,
        batch_time=(8 * 65.8 / 330.7 - 1) / 7,  # [tokens]
        batch_rise=0.03,
        modes={"70W": 0.6, "90W": 0.75, "120W": 0.9, "MAXN": 1.0},  # [assumed]
        mode="120W",
        step_ma=2,  # [assumed]
        window_s=0.05,  # [assumed]
        delay_s=0.01,
        kelvin_per_w=0.5,
        heat_s=120.0,
        rails={"VDD_GPU": (0.2, 0.6), "VDD_CPU_SOC_MSS": (0.3, 0.3), "VIN_SYS_5V0": (0.25, 0.05)},  # [assumed]
    ),
    "xavier-nx": PlantBoard(
        idle_w=3.88,  # [fixture]
        decode_w=12.0,  # [assumed]
        prefill_w=15.5,  # [assumed]
        decode_s=1 / 30,  # [assumed]
        prefill_s=0.12,  # [assumed]
        clock_bound=0.4,
        batch_time=0.107,
        batch_rise=0.03,
        modes={"MODE_10W_4CORE": 0.7, "MODE_15W_6CORE": 0.85, "MODE_20W_6CORE": 1.0},  # [assumed]
        mode="MODE_20W_6CORE",
        step_ma=_INA3221_MA,
        window_s=_INA3221_S,
        delay_s=0.02,
        kelvin_per_w=2.5,
        heat_s=60.0,
        rails=_ORIN_RAILS,
    ),
    "nano": PlantBoard(
        idle_w=1.9,  # [fixture]
        decode_w=6.5,  # [assumed]
        prefill_w=8.0,  # [assumed]
        decode_s=1 / 8,  # [assumed]
        prefill_s=0.3,  # [assumed]
        clock_bound=0.5,
        batch_time=0.25,  # [assumed]
        batch_rise=0.03,
        modes={"5W": 0.7, "MAXN": 1.0},  # [assumed]
        mode="MAXN",
        step_ma=_INA3221_MA,
        window_s=_INA3221_S,
        delay_s=0.02,
        kelvin_per_w=5.0,
        heat_s=90.0,
        rails={"POM_5V_GPU": (0.05, 0.6), "POM_5V_CPU": (0.2, 0.1)},  # [assumed]
    ),
}
