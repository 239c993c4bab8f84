"""What a classifier makes of a fixed sample of the held-out split."""

from collections.abc import Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

from training.hooks import Hook, HookedLoop
from training.records import EpochRecord, StepsRecord
from training.summaries.interval import steps_done
from training.writers.base import Writer

SHOWN_IMAGES = 16


class ClassificationSummaries(Hook):
    """Writes the sample's confusion matrix and each class's precision over recall, every few epochs and at the end.

    At the beginning of a training the first images are written, at its end what a layer makes of each example.
    """

    def __init__(
        self,
        writer: Writer,
        *,
        inputs: Mapping[str, np.ndarray],
        labels: np.ndarray,
        names: Sequence[str],
        every_epochs: int = 10,
        output: str = "logits",
        image: str | None = "image",
        embedding_layer: str | None = None,
    ) -> None:
        """Args:
        writer: where to.
        inputs: the sample, `[example, ...]` by the names of the model's inputs; it is predicted in one batch.
        labels: integers `[example]`, each the index of a name.
        names: of the classes.
        every_epochs: how often the sample is predicted.
        output: which of the model's outputs holds the logits `[example, class]`.
        image: which of the inputs is shown, `[example, height, width, channel]`; None shows none.
        embedding_layer: whose output goes to the embedding projector; None is no layer's.

        Raises:
          ValueError: these do not fit each other.
        """
        lengths = {name: len(array) for name, array in inputs.items()}
        if not lengths or set(lengths.values()) != {len(labels)} or not len(labels):
            raise ValueError(f"Each input must have an example a label. Received: {lengths}, {len(labels)} labels")
        if labels.min() < 0 or labels.max() >= len(names):
            raise ValueError(
                f"Each label must be the index of a name. Received: labels from {labels.min()} to {labels.max()}, "
                f"{len(names)} names"
            )
        if every_epochs < 1:
            raise ValueError(f"every_epochs must be at least 1. Received: {every_epochs}")
        if image is not None and image not in inputs:
            raise ValueError(f"image must be one of the inputs, {', '.join(inputs)}, or None. Received: {image!r}")
        self._writer = writer
        self._inputs = dict(inputs)
        self._labels = labels
        self._names = list(names)
        self._every_epochs = every_epochs
        self._output = output
        self._image = image
        self._embedding_layer = embedding_layer
        self._model: keras.Model | None = None
        self._step = 0

    def on_train_begin(self, loop: HookedLoop) -> None:
        """Raises ValueError when the model has no such output or layer."""
        model = loop.model
        if self._output not in model.output:
            raise ValueError(
                f"output must be one of the model's, {', '.join(model.output)}. Received: {self._output!r}"
            )
        layers = [layer.name for layer in model.layers]
        if self._embedding_layer is not None and self._embedding_layer not in layers:
            raise ValueError(
                f"embedding_layer must be one of the model's, {', '.join(layers[-5:])} and those before. "
                f"Received: {self._embedding_layer!r}"
            )
        self._model = model
        self._predict = tf.function(
            lambda inputs: tf.nn.softmax(tf.cast(model(inputs, training=False)[self._output], tf.float32))
        )
        self._step = steps_done(loop)
        # A training that goes on from a checkpoint has written them.
        if self._image is not None and self._step == 0:
            images = _scaled(self._inputs[self._image][:SHOWN_IMAGES])
            self._writer.images(0, {f"inputs/{self._image}": images})

    def on_steps(self, record: StepsRecord) -> None:
        self._step = record.step

    def on_epoch(self, record: EpochRecord) -> None:
        if record.epoch % self._every_epochs == 0:
            self._write_predictions()

    def on_train_end(self) -> None:
        """Once more: training may end with other weights than the last epoch's."""
        if self._model is None:
            return
        self._write_predictions()
        if self._embedding_layer is not None:
            self._write_embeddings(self._model, self._embedding_layer)
        self._writer.flush()

    def _write_predictions(self) -> None:
        scores = self._predict(self._inputs).numpy()
        classes = len(self._names)
        pairs = self._labels.astype(np.int64) * classes + scores.argmax(axis=1)
        counts = np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)
        self._writer.confusion_matrix(self._step, counts, self._names)
        curves = {f"pr/{name}": (self._labels == index, scores[:, index]) for index, name in enumerate(self._names)}
        self._writer.pr_curves(self._step, curves)

    def _write_embeddings(self, model: keras.Model, layer: str) -> None:
        """The layer's output with its axes between example and channel averaged."""
        part = keras.Model(model.input, model.get_layer(layer).output)
        vectors = tf.function(lambda inputs: part(inputs, training=False))(self._inputs).numpy()
        vectors = vectors.mean(axis=tuple(range(1, vectors.ndim - 1)))
        self._writer.embeddings(self._step, layer, vectors, [self._names[label] for label in self._labels])


def _scaled(images: np.ndarray) -> np.ndarray:
    """To [0, 1], from whatever range the model takes."""
    low, high = float(images.min()), float(images.max())
    return (images.astype(np.float32) - low) / max(high - low, 1e-9)
