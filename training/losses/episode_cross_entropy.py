"""Cross-entropy inside an inner loop."""

from typing import Any

import keras
from keras import ops

from training.losses.per_example import PerExample


@keras.saving.register_keras_serializable(package="slipway")
class EpisodeCrossEntropy(PerExample):
    """Cross-entropy of labels; 0 where the label is negative.

    A few-shot model takes gradients on the device, and TFLite has no kernel for that of the fused operation which makes
    `CrossEntropy` quick.
    """

    def __init__(self) -> None:
        super().__init__(name="episode_cross_entropy")

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """`y_true`: labels `[..., example]`; `y_pred`: logits `[..., example, class]`; gives `[..., example]`."""
        chosen = ops.one_hot(y_true, y_pred.shape[-1], dtype=y_pred.dtype)
        return -ops.sum(chosen * ops.log_softmax(y_pred, axis=-1), axis=-1)
