"""The loss that pulls embeddings of a label together and pushes others apart."""

from typing import Any

import keras
from keras import ops

from training.losses.per_example import PerExample, check_positive

# Takes an example out of a softmax.
_MINUS_INFINITY = -1e9


@keras.saving.register_keras_serializable(package="slipway")
class SupCon(PerExample):
    """Supervised contrast: every other example of the same label is a positive; an example without one counts zero.

    Source: Khosla et al., "Supervised Contrastive Learning", NeurIPS 2020, equation 2.
    """

    def __init__(self, *, temperature: float = 0.1) -> None:
        """Raises ValueError when `temperature` is not above zero."""
        super().__init__(name="sup_con")
        check_positive(temperature=temperature)
        self.temperature = temperature

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """`y_true`: labels `[batch]`; `y_pred`: embeddings `[batch, dim]`, normalized here."""
        embeddings = _normalized(y_pred)
        labels = ops.reshape(ops.convert_to_tensor(y_true), (-1, 1))
        itself = ops.eye(ops.shape(embeddings)[0])
        positive = ops.cast(labels == ops.transpose(labels), "float32") * (1 - itself)
        similarity = ops.matmul(embeddings, ops.transpose(embeddings)) / self.temperature
        log_share = ops.log_softmax(similarity + itself * _MINUS_INFINITY, axis=-1)
        count = ops.sum(positive, axis=-1)
        return -ops.sum(positive * log_share, axis=-1) / ops.maximum(count, 1)

    def get_config(self) -> dict[str, Any]:
        return {"temperature": self.temperature}


def _normalized(embeddings: Any) -> Any:
    """Of length one, in float32; those of length zero stay."""
    embeddings = ops.cast(embeddings, "float32")
    # By the largest value first: squares of large ones are infinite.
    largest = ops.stop_gradient(ops.max(ops.abs(embeddings), axis=-1, keepdims=True))
    embeddings = embeddings / ops.maximum(largest, 1e-12)
    return embeddings * ops.rsqrt(ops.maximum(ops.sum(embeddings**2, axis=-1, keepdims=True), 1e-12))
