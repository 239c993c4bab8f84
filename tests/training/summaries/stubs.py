"""What summaries need of a loop and of its records."""

import keras

from training.records import EpochRecord, StepsRecord


class Loop:
    """Stands where a training loop would after `step` steps."""

    def __init__(self, model: keras.Model | None = None, *, step: int = 0) -> None:
        self.model = model
        self.optimizer = keras.optimizers.SGD(0.1)
        self.optimizer.iterations.assign(step)
        self.requests = 0

    def request_gradients(self) -> None:
        self.requests += 1


def steps(step: int, *, loss: float = 1.0, examples_per_sec: float = 10.0, **options) -> StepsRecord:
    return StepsRecord(
        step=step, means={"loss": loss}, learning_rate=0.1 / step, examples_per_sec=examples_per_sec, **options
    )


def epoch(number: int, *, step: int = 1) -> EpochRecord:
    return EpochRecord(
        epoch=number,
        step=step,
        train={"loss": 2.0},
        evaluation={"loss": 3.0, "accuracy": 0.5},
        learning_rate=0.1,
        examples_per_sec=10.0,
        is_best=True,
        gap_ratio=0.5,
        input_share=0.0,
        events=(),
    )
