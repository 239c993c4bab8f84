"""Learning-rate schedules: Keras's own, put one after the other.

schedule = Phases([Phase(linear(0.0, 0.004), steps=100), Phase(cosine(0.004, steps=900), steps=900)])
schedule(50)  # 0.002
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
from keras.optimizers.schedules import (
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    LearningRateSchedule,
    PiecewiseConstantDecay,
    PolynomialDecay,
)

from training.options import ScheduleOptions

# One-cycle's start and end as shares of its peak. Smith, Topin, "Super-Convergence", 2018, give none: they let the rate
# end several orders of magnitude below its start. The start is fast.ai's default (div=25); the end is not, which is a
# 100,000th there (div_final=1e5), and 4e-6 in PyTorch.
ONE_CYCLE_START, ONE_CYCLE_END = 1 / 25, 1e-4


@dataclass(frozen=True)
class Phase:
    """A schedule and how many steps it lasts; it counts its own steps from zero."""

    schedule: LearningRateSchedule
    steps: int


@keras.saving.register_keras_serializable(package="slipway")
class Phases(LearningRateSchedule):
    """Schedules one after the other; the last goes on for as long as training does."""

    def __init__(self, phases: Sequence[Phase]) -> None:
        """Raises ValueError when there is none, or when one that another follows lasts less than a step."""
        if not phases or any(phase.steps < 1 for phase in phases[:-1]):
            raise ValueError(
                f"Phases needs at least one phase, each of at least one step. "
                f"Received: lengths {[phase.steps for phase in phases]}"
            )
        self.phases = tuple(phases)

    def __call__(self, step: Any) -> Any:
        step = keras.ops.cast(step, "float32")
        starts = [0, *itertools.accumulate(phase.steps for phase in self.phases)]
        rate = self.phases[-1].schedule(keras.ops.maximum(step - starts[-2], 0.0))
        for phase, start in zip(reversed(self.phases[:-1]), reversed(starts[:-2]), strict=True):
            own = keras.ops.clip(step - start, 0.0, float(phase.steps))
            rate = keras.ops.where(step < start + phase.steps, phase.schedule(own), rate)
        return rate

    def get_config(self) -> dict[str, Any]:
        return {
            "phases": [
                {"schedule": keras.optimizers.schedules.serialize(phase.schedule), "steps": phase.steps}
                for phase in self.phases
            ]
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Phases":
        return cls(
            [
                Phase(keras.optimizers.schedules.deserialize(phase["schedule"]), phase["steps"])
                for phase in config["phases"]
            ]
        )


def constant(rate: float) -> LearningRateSchedule:
    """`rate` at every step."""
    return linear(rate, rate, steps=1)


def linear(start: float, end: float, *, steps: int) -> LearningRateSchedule:
    """A straight line from `start` to `end`, then `end`."""
    return PolynomialDecay(start, decay_steps=steps, end_learning_rate=end, power=1.0)


def schedule(options: ScheduleOptions, *, peak: float, steps_per_epoch: int, total_steps: int) -> LearningRateSchedule:
    """The schedule that a config describes.

    Sources: cosine and its restarts, Loshchilov, Hutter, "SGDR", ICLR 2017, equation 5; one-cycle, Smith, Topin,
    "Super-Convergence", 2018, with half cosines for lines.

    Args:
      options: kind and shape.
      peak: the highest learning rate.
      steps_per_epoch: what the options' epochs are counted in.
      total_steps: of the whole training, warm-up included.

    Raises:
      ValueError: the warm-up would not end before training does.
    """
    if options.kind == "one_cycle":
        return _one_cycle(peak, rise=max(1, round(options.rise * total_steps)), total_steps=total_steps)
    warmup_steps = round(options.warmup_of(total_steps / steps_per_epoch) * steps_per_epoch)
    if not 0 <= warmup_steps < total_steps:
        raise ValueError(
            f"Warm-up must end before training does. Received: {warmup_steps} steps of warm-up, {total_steps} in all. "
            f"Lower train.schedule.warmup_epochs or raise train.epochs."
        )
    steps = total_steps - warmup_steps
    main = Phase(_after_warmup(options, peak, steps_per_epoch, warmup_steps, steps), steps)
    return Phases([Phase(linear(0.0, peak, steps=warmup_steps), warmup_steps), main] if warmup_steps else [main])


def _after_warmup(
    options: ScheduleOptions, peak: float, steps_per_epoch: int, warmup_steps: int, steps: int
) -> LearningRateSchedule:
    if options.kind == "constant":
        return constant(peak)
    if options.kind == "cosine":
        return CosineDecay(peak, decay_steps=steps, alpha=options.end)
    if options.kind == "cosine_restarts":
        first = max(1, round(options.restart_epochs * steps_per_epoch))
        return CosineDecayRestarts(peak, first, t_mul=options.restart_growth, alpha=options.end)
    if options.kind == "polynomial":
        return PolynomialDecay(peak, steps, end_learning_rate=peak * options.end, power=options.power)
    if options.kind == "exponential":
        return ExponentialDecay(peak, decay_steps=steps_per_epoch, decay_rate=options.decay_rate)
    # Counted from the start of training, warm-up included. A boundary is the last step of the rate before it.
    boundaries = [float(round(epoch * steps_per_epoch) - warmup_steps - 1) for epoch in options.step_epochs]
    return PiecewiseConstantDecay(boundaries, [peak * options.factor**n for n in range(len(boundaries) + 1)])


def _one_cycle(peak: float, *, rise: int, total_steps: int) -> LearningRateSchedule:
    fall = max(1, total_steps - rise)
    # A falling cosine read backwards rises: Keras's goes either way.
    up = CosineDecay(peak * ONE_CYCLE_START, decay_steps=rise, alpha=1 / ONE_CYCLE_START)
    return Phases([Phase(up, rise), Phase(CosineDecay(peak, decay_steps=fall, alpha=ONE_CYCLE_END), fall)])
