"""Losses of classifiers."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from training.losses.per_example import PerExample, check_shape


@keras.saving.register_keras_serializable(package="slipway")
class CrossEntropy(PerExample):
    """Cross-entropy of logits, with label smoothing and a weight for each class.

    Source of the smoothing: Szegedy et al., "Rethinking the Inception Architecture", CVPR 2016, section 7.
    """

    def __init__(self, *, label_smoothing: float = 0.0, label_weights: Sequence[float] | None = None) -> None:
        """Args:
        label_smoothing: share of a target that is spread evenly over all classes.
        label_weights: `[class]`; an example counts by its label's, or by its soft target's expectation of it.

        Raises:
          ValueError: a share outside [0, 1), or a negative weight.
        """
        super().__init__(name="cross_entropy")
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"label_smoothing must be at least 0 and below 1. Received: {label_smoothing}")
        if label_weights is not None and any(weight < 0 for weight in label_weights):
            raise ValueError(f"label_weights must not be negative. Received: {list(label_weights)}")
        self.label_smoothing = label_smoothing
        self.label_weights = None if label_weights is None else tuple(label_weights)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """`y_true`: labels `[batch]` or soft targets `[batch, class]`; `y_pred`: logits `[batch, class]`."""
        targets = _targets(y_true, y_pred)
        smooth = targets * (1 - self.label_smoothing) + self.label_smoothing / targets.shape[-1]
        losses = ops.categorical_crossentropy(smooth, _wide(y_pred), from_logits=True)
        return losses * _weights(targets, self.label_weights)

    def get_config(self) -> dict[str, Any]:
        return {"label_smoothing": self.label_smoothing, "label_weights": self.label_weights}


@keras.saving.register_keras_serializable(package="slipway")
class Focal(PerExample):
    """Cross-entropy that counts less the surer the model is: (1 - p)^gamma times it.

    Source: Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017, equation 5, over softmax.
    """

    def __init__(self, *, gamma: float = 2.0, label_weights: Sequence[float] | None = None) -> None:
        """Args:
        gamma: zero is cross-entropy.
        label_weights: `[class]`; the paper's alpha.

        Raises:
          ValueError: a negative value.
        """
        super().__init__(name="focal")
        if gamma < 0 or (label_weights is not None and any(weight < 0 for weight in label_weights)):
            raise ValueError(
                f"gamma and label_weights must not be negative. Received: gamma={gamma}, label_weights={label_weights}"
            )
        self.gamma = gamma
        self.label_weights = None if label_weights is None else tuple(label_weights)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """`y_true`: labels `[batch]` or soft targets `[batch, class]`; `y_pred`: logits `[batch, class]`."""
        targets, log_probabilities = _targets(y_true, y_pred), ops.log_softmax(_wide(y_pred), axis=-1)
        # A power below one has an infinite slope at zero, where the model is sure: kept off it.
        doubt = ops.maximum(1 - ops.exp(log_probabilities), 1e-7)
        losses = -ops.sum(targets * doubt**self.gamma * log_probabilities, axis=-1)
        return _weights(targets, self.label_weights) * losses

    def get_config(self) -> dict[str, Any]:
        return {"gamma": self.gamma, "label_weights": self.label_weights}


def _wide(logits: Any) -> Any:
    """In float32: float16 holds no probability below 6e-8."""
    return ops.cast(logits, "float32")


def _targets(labels: Any, logits: Any) -> Any:
    """`[batch, class]` out of labels or of soft targets."""
    labels = ops.convert_to_tensor(labels)
    if len(labels.shape) != 1:
        check_shape("Soft targets", labels.shape, logits.shape)
        return ops.cast(labels, "float32")
    return ops.one_hot(labels, logits.shape[-1], dtype="float32")


def _weights(targets: Any, label_weights: Sequence[float] | None) -> Any:
    if label_weights is None:
        return 1.0
    if len(label_weights) != targets.shape[-1]:
        raise ValueError(
            f"label_weights must hold one weight for each of the {targets.shape[-1]} classes. "
            f"Received: {len(label_weights)}"
        )
    return ops.sum(targets * ops.convert_to_tensor(label_weights, "float32"), axis=-1)
