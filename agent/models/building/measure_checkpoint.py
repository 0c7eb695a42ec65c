"""`python -m agent.models.building.measure_checkpoint FOLDER …`: a checkpoint as it is, by transformers."""

from agent.models.building.measuring import new_parser, task_of
from agent.models.building.torch_model import TorchModel

if __name__ == "__main__":
    arguments = new_parser(__doc__).parse_args()
    task = task_of(arguments)
    model = TorchModel(arguments.model)
    cut = [] if task.text is None else model.windows(task.text)
    task.write_windows(cut)
    task.write(model.measure(task, cut))
