"""What Trainer is asked for. Needs neither TensorFlow nor TFX."""

from components.sections import Section
from tasks.start import Start
from training.options import TrainOptions


class TrainerCustomConfig(Section):
    """What TFX hands to `run_fn` as `custom_config`.

    Attributes:
      task_spec: JSON of the config's task.
      train: the config's section.
      seed: seed of weights, order and augmentation.
      start: the model whose weights training starts from; None draws them.
      code: digest of the code that trains.
      workspaces: directory of what a killed training goes on from, with the same code.
    """

    task_spec: str
    train: TrainOptions
    seed: int
    start: Start | None
    code: str
    workspaces: str
