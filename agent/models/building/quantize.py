"""`python -m agent.models.building.quantize FOLDER RESULT …`: NVIDIA's Model Optimizer, in a program of its own.

The quantized model is measured in torch, where Model Optimizer simulates the low precision: by rounding to it and
computing in full precision. Then it is exported in Hugging Face's form.
"""

import shutil
from pathlib import Path
from typing import Any

import modelopt.torch.quantization as mtq
from modelopt.torch.export import export_hf_checkpoint

from agent.models.building.measuring import new_parser, task_of
from agent.models.building.torch_model import TorchModel

_CALIBRATION_WINDOWS = 16
"""Of 512 tokens."""


def main() -> None:
    """Quantize, measure, export."""
    parser = new_parser(__doc__)
    parser.add_argument("result", type=Path)
    parser.add_argument("--configuration", required=True)
    parser.add_argument("--calibration", type=Path, required=True)
    arguments = parser.parse_args()
    task = task_of(arguments)
    model = TorchModel(arguments.model)
    seen = model.windows(arguments.calibration)[:_CALIBRATION_WINDOWS]

    def calibrate(_: Any) -> None:  # noqa: ANN401 - the same model, as the library hands it over
        for window in seen:
            model.read(window)

    model.model = mtq.quantize(model.model, getattr(mtq, arguments.configuration), calibrate)
    task.write(model.measure(task, task.read_windows()))
    export_hf_checkpoint(model.model, export_dir=str(arguments.result))
    for file in arguments.model.iterdir():  # the tokenizer and what belongs to it
        if file.suffix in {".json", ".jinja", ".model"} and not (arguments.result / file.name).exists():
            shutil.copy(file, arguments.result)


if __name__ == "__main__":
    main()
