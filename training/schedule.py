"""Learning-rate schedules."""

import keras


def warmup_cosine(
    *, peak: float, warmup_steps: int, total_steps: int
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Linear warm-up from zero to `peak`, then half a cosine down to zero.

    Source: Loshchilov, Hutter, "SGDR", ICLR 2017, equation 5, with one period.

    Raises:
      ValueError: the warm-up would not end before training does.
    """
    if not 0 <= warmup_steps < total_steps:
        raise ValueError(
            f"Warm-up must end before training does. Received: warmup_steps={warmup_steps}, "
            f"total_steps={total_steps}. Lower train.warmup_epochs or raise train.epochs."
        )
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0 if warmup_steps else peak,
        warmup_target=peak if warmup_steps else None,
        warmup_steps=warmup_steps,
        decay_steps=total_steps - warmup_steps,
    )
