"""Networks for rows, fitted without a pipeline: the task's own Transform graph, network and training loop."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
import keras
import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from tensorflow_transform.tf_metadata import dataset_metadata, metadata_io
from tfx_bsl.public import tfxio

from tasks.base import Task
from tasks.tabular import Tabular
from tasks.training import TaskTraining
from training.options import TrainOptions

Examples = Sequence[tf.train.Example]


class FittedTransform:
    """The graph of the task's preprocessing_fn, fitted on examples; see `Task.preprocessing_fn`."""

    def __init__(self, task: Tabular, train: Examples, place: Path) -> None:
        """Args:
        task: whose preprocessing_fn it is.
        train: raw examples that statistics are of.
        place: a new folder.
        """
        self._task = task
        source = tfxio.TFExampleBeamRecord("examples", schema=task.schema())
        with tft_beam.Context(temp_dir=str(place / "temporary")), beam.Pipeline() as pipeline:
            records = pipeline | beam.Create([example.SerializeToString() for example in train])
            batches = records | source.BeamSource()
            graph = (batches, source.TensorAdapterConfig()) | tft_beam.AnalyzeDataset(task.preprocessing_fn)
            graph | tft_beam.WriteTransformFn(str(place))
        self.output = tft.TFTransformOutput(str(place))
        metadata_io.write_metadata(
            dataset_metadata.DatasetMetadata(task.schema()), str(place / self.output.RAW_METADATA_DIR)
        )
        self._layer = self.output.transform_features_layer()

    def apply(self, examples: Examples) -> dict[str, tf.Tensor]:
        """Transformed features, `{name: [example, ...]}`."""
        serialized = [example.SerializeToString() for example in examples]
        found: dict[str, tf.Tensor] = self._layer(tf.io.parse_example(serialized, self.output.raw_feature_spec()))
        return found

    def write(self, examples: Examples, path: Path) -> None:
        """Transformed examples as Transform writes them."""
        features = {name: value.numpy() for name, value in self.apply(examples).items()}
        with tf.io.TFRecordWriter(str(path), options="GZIP") as writer:
            for index in range(len(examples)):
                row = {name: np.ravel(value[index]) for name, value in features.items()}
                writer.write(_example(row).SerializeToString())


def read_examples(task: Task, split: str) -> list[tf.train.Example]:
    """All raw examples of a split. Raises DataError for the first that cannot be read."""
    source = task.source()
    found = [example for shard in source.shards(split) for _, example in source.examples(shard)]
    for example in found:
        if isinstance(example, Exception):
            raise example
    return found


def train(
    task: Tabular,
    options: TrainOptions,
    *,
    transform: FittedTransform,
    splits: Mapping[str, Examples],
    seed: int,
) -> tuple[keras.Model, float]:
    """The model with the weights of the lowest eval loss, and that loss.

    Args:
      task: what is trained.
      options: the config's section `train`.
      transform: fitted on the train split.
      splits: raw examples of `train` and `eval`.
      seed: of weights and order.
    """
    with tempfile.TemporaryDirectory() as name:
        files = {split: Path(name) / f"{split}.gz" for split in splits}
        for split, path in files.items():
            transform.write(splits[split], path)
        training = TaskTraining(
            task,
            options,
            train_files=[str(files["train"])],
            eval_files=[str(files["eval"])],
            feature_spec=transform.output.transformed_feature_spec(),
            seed=seed,
        )
        losses = [record.evaluation["loss"] for record in training.records()]
    return training.float32_model(), min(losses)


def predict(task: Tabular, model: keras.Model, features: dict[str, tf.Tensor]) -> np.ndarray:
    """What the task predicts of transformed features, by its `prediction_key`."""
    outputs = task.predictions(model(task.model_inputs(features), training=False))
    return np.asarray(outputs[task.prediction_key])


def labels(examples: Examples) -> np.ndarray:
    """Labels of raw examples, `[example]`."""
    return np.array([_values(example.features.feature["label"])[0] for example in examples])


def _example(row: Mapping[str, np.ndarray]) -> tf.train.Example:
    example = tf.train.Example()
    for name, values in row.items():
        feature = example.features.feature[name]
        kept: Any = feature.int64_list if values.dtype.kind in "iu" else feature.float_list
        kept.value.extend(values.tolist())
    return example


def _values(feature: tf.train.Feature) -> Sequence[Any]:
    values: Sequence[Any] = getattr(feature, feature.WhichOneof("kind")).value
    return values


def columns_of(examples: Examples, names: Sequence[str]) -> Iterator[list[Any]]:
    """The values of raw examples in some columns, a row at a time; None where there is none."""
    for example in examples:
        features = example.features.feature
        yield [_values(features[name])[0] if name in features else None for name in names]
