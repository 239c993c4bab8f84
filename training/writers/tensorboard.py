"""TensorBoard's event files and the files of its embedding projector."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath

import numpy as np
import tensorflow as tf
from etils import epath
from tensorboard.plugins import projector
from tensorboard.plugins.histogram.metadata import create_summary_metadata as histogram_metadata
from tensorboard.plugins.hparams.summary_v2 import hparams_pb
from tensorboard.plugins.pr_curve.summary import pb as pr_curve_pb
from tensorflow.types.experimental import ConcreteFunction

from training.writers.base import HParam, Writer
from training.writers.confusion_matrix import confusion_matrix_image
from training.writers.event_files import drop_steps_after

BUCKETS = 30
FLUSH_MS = 10_000


class TensorBoardWriter(Writer):
    """Writes event files that `tensorboard --logdir` shows.

    A new process adds a new file to the directory.
    """

    def __init__(self, directory: str | PurePath, *, resume_step: int | None = None) -> None:
        """Args:
        directory: of this run, on any file system that TensorFlow reaches.
        resume_step: of the checkpoint that training goes on from, 0 without one: what is in the directory's event files
          beyond it is dropped. None drops nothing.

        Raises:
          ValueError: resume_step is negative.
        """
        if resume_step is not None and resume_step < 0:
            raise ValueError(
                f"resume_step must be at least 0. Received: {resume_step}. Give the step of the checkpoint that "
                f"training goes on from, or 0 where it starts anew."
            )
        self.directory = epath.Path(directory)
        self.resume_step = resume_step
        self._events: tf.summary.SummaryWriter | None = None
        self._projector = projector.ProjectorConfig()

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        with self._writer().as_default(step):
            for name, value in values.items():
                tf.summary.scalar(name, value)

    def histograms(self, step: int, values: Mapping[str, np.ndarray]) -> None:
        """Of the finite elements. `tf.summary.histogram` would take 240 bytes an element to count them."""
        metadata = histogram_metadata(display_name=None, description=None)
        with self._writer().as_default(step):
            for name, value in values.items():
                counts, edges = np.histogram(value[np.isfinite(value)], bins=BUCKETS)
                tf.summary.write(name, np.stack([edges[:-1], edges[1:], counts], axis=1), metadata=metadata)

    def images(self, step: int, values: Mapping[str, np.ndarray]) -> None:
        with self._writer().as_default(step):
            for name, value in values.items():
                tf.summary.image(name, value, max_outputs=len(value))

    def pr_curves(self, step: int, values: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> None:
        with self._writer().as_default(step):
            for name, (labels, scores) in values.items():
                summary = pr_curve_pb(name, labels, scores)
                tf.summary.experimental.write_raw_pb(summary.SerializeToString())

    def confusion_matrix(self, step: int, counts: np.ndarray, names: Sequence[str]) -> None:
        """As an image."""
        with self._writer().as_default(step):
            tf.summary.image("confusion_matrix", confusion_matrix_image(counts, names)[None])

    def embeddings(self, step: int, name: str, vectors: np.ndarray, labels: Sequence[str]) -> None:
        """As the projector's `.tsv` files. The last step's are shown: the projector has no steps."""
        self.directory.mkdir(parents=True, exist_ok=True)
        stem = name.replace("/", "_")
        rows = ["\t".join(f"{number:.6g}" for number in vector) for vector in vectors.tolist()]
        (self.directory / f"{stem}.tsv").write_text("\n".join(rows) + "\n")
        # A column alone has no header.
        lines = [" ".join(label.split()) for label in labels]
        (self.directory / f"{stem}.labels.tsv").write_text("\n".join(lines) + "\n")
        if all(known.tensor_name != name for known in self._projector.embeddings):
            self._projector.embeddings.add(
                tensor_name=name, tensor_path=f"{stem}.tsv", metadata_path=f"{stem}.labels.tsv"
            )
        projector.visualize_embeddings(str(self.directory), self._projector)

    def graph(self, function: ConcreteFunction) -> None:
        with self._writer().as_default():
            tf.summary.graph(function.graph)

    def hparams(self, values: Mapping[str, HParam]) -> None:
        with self._writer().as_default(0):
            tf.summary.experimental.write_raw_pb(hparams_pb(dict(values)).SerializeToString())

    def text(self, step: int, values: Mapping[str, str]) -> None:
        with self._writer().as_default(step):
            for name, value in values.items():
                tf.summary.text(name, value)

    def flush(self) -> None:
        if self._events is not None:
            self._events.flush()

    def close(self) -> None:
        if self._events is not None:
            self._events.close()

    def _writer(self) -> tf.summary.SummaryWriter:
        if self._events is None:
            if self.resume_step is not None:
                drop_steps_after(self.directory, self.resume_step)
            self._events = tf.summary.create_file_writer(str(self.directory), flush_millis=FLUSH_MS)
        return self._events
