"""Progressive unfreezing: which layers are trained from which epoch on."""

import fnmatch
from collections.abc import Sequence

import keras

from training.options import UnfreezeStage


class Unfreezing:
    """Sets `trainable` of a model's layers by the epoch alone, so that a resumed training agrees.

    A frozen BatchNormalization normalizes by its moving statistics and leaves them as they are, as Keras has it.
    Source: Howard, Ruder, "Universal Language Model Fine-tuning", ACL 2018, section 3.3.
    """

    def __init__(self, model: keras.Model, stages: Sequence[UnfreezeStage]) -> None:
        """Raises ValueError for a pattern that fits no layer, or stages out of order."""
        paths = [_path(layer) for layer in model.layers]
        for stage in stages:
            for pattern in stage.train:
                if not fnmatch.filter(paths, pattern):
                    raise ValueError(
                        f"A pattern of train.unfreeze must fit a layer's path ({', '.join(paths[:8])}, …). "
                        f"Received: {pattern!r}"
                    )
        epochs = [stage.epoch for stage in stages]
        if epochs != sorted(set(epochs)):
            raise ValueError(f"The epochs of train.unfreeze must rise. Received: {epochs}")
        self._model = model
        self._stages = tuple(stages)
        self._current: UnfreezeStage | None = None

    def start_epoch(self, epoch: int) -> bool:
        """Freezes and unfreezes what the epoch asks for; returns whether that changed, so that graphs are stale."""
        stage = next((stage for stage in reversed(self._stages) if stage.epoch <= epoch), None)
        if stage is None or stage is self._current:
            return False
        self._current = stage
        for layer in self._model.layers:
            layer.trainable = any(fnmatch.fnmatchcase(_path(layer), pattern) for pattern in stage.train)
        return True

    def end(self) -> None:
        """Leaves every layer trainable."""
        if self._current is not None:
            self._model.trainable = True


def _path(layer: keras.Layer) -> str:
    """A layer's name below the name scopes that it was made in, such as `stage_1/block_0/conv2d`."""
    return layer.path or layer.name
