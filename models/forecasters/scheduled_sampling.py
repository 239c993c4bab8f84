"""Scheduled sampling: in training a decoder takes the truth at first, and more and more of its own forecasts later."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="slipway")
class ScheduledSampling(keras.layers.Layer):
    """Replaces each token by the decoder's own with a chance that rises linearly.

    Sources: Bengio et al., "Scheduled Sampling for Sequence Prediction with Recurrent Neural Networks", NeurIPS 2015,
    section 2.4 (linear decay); Mihaylova, Martins, "Scheduled Sampling for Transformers", ACL 2019 (in two passes).
    """

    def __init__(self, *, most: float, ramp_steps: int, **kwargs: Any) -> None:
        """Args:
        most: the chance at the end of the ramp.
        ramp_steps: training steps until then.
        """
        super().__init__(**kwargs)
        if not 0 <= most <= 1 or ramp_steps < 1:
            raise ValueError(
                f"most must lie in [0, 1] and ramp_steps be at least 1. Received: most={most}, ramp_steps={ramp_steps}"
            )
        self.most = most
        self.ramp_steps = ramp_steps
        self._seeds = keras.random.SeedGenerator()

    def build(self, truth_shape: tuple[int | None, ...], own_shape: tuple[int | None, ...]) -> None:
        self.steps = self.add_weight(name="steps", shape=(), dtype="float32", initializer="zeros", trainable=False)

    @property
    def chance(self) -> Any:
        """Chance of a token to be the decoder's own, by the training steps so far."""
        return self.most * ops.minimum(self.steps / self.ramp_steps, 1.0)

    def call(self, truth: Any, own: Any, training: bool | None = None) -> Any:
        """Mixes truth and own forecasts, both `[batch, token, value]`; outside of training, gives the truth."""
        if not training:
            return truth
        drawn = keras.random.uniform((ops.shape(truth)[0], truth.shape[1], 1), seed=self._seeds)
        mixed = ops.where(drawn < self.chance, ops.stop_gradient(own), truth)
        self.steps.assign_add(1.0)
        return mixed

    def compute_output_shape(
        self, truth_shape: tuple[int | None, ...], own_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        return truth_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "most": self.most, "ramp_steps": self.ramp_steps}


@keras.saving.register_keras_serializable(package="slipway")
class ByPhase(keras.layers.Layer):
    """Gives the first of two tensors in training, else the second; what is not given is not computed in a graph."""

    def call(self, taught: Any, free: Any, training: bool | None = None) -> Any:
        return taught if training else free

    def compute_output_shape(
        self, taught_shape: tuple[int | None, ...], free_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        return taught_shape
