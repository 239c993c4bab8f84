"""When something is due that is done every so many steps."""

import keras

from training.hooks import HookedLoop


def steps_done(loop: HookedLoop) -> int:
    """Optimizer steps done; above zero at the beginning of a training that goes on from a checkpoint."""
    # Not by int(), which a variable that devices have copies of does not answer.
    return int(keras.ops.convert_to_numpy(loop.optimizer.iterations))


class Interval:
    """Due from the first step at or past each multiple of `every`, until `restart`."""

    def __init__(self, *, every: int) -> None:
        """Raises ValueError when `every` is below one."""
        if every < 1:
            raise ValueError(f"An interval must be at least 1 step. Received: {every}")
        self.every = every
        self.start = 0

    def restart(self, step: int) -> None:
        """Counts from `step` on, which the last multiple at or before it is done for."""
        self.start = step

    def is_due(self, step: int) -> bool:
        """Whether a multiple lies after the start and not after `step`; never where training went back."""
        return step // self.every > self.start // self.every
