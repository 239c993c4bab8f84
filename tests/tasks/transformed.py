"""The shipped tasks and one of a user's at a size for tests, and what Transform makes of their examples."""

import itertools
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from tensorflow_transform.tf_metadata import dataset_metadata, metadata_io, schema_utils
from tfx_bsl.public import tfxio

from tasks.base import Task
from tasks.loading import TaskSpec

TASKS = {
    "image_classification": TaskSpec(
        task="tasks.image_classification.ImageClassification",
        options={
            "source": {"kind": "digits"},
            "height": 8,
            "width": 8,
            "model": {"widths": [4, 8], "blocks_per_stage": 1},
            "augment": {"translate": 0.1, "rotate_degrees": 5, "zoom": 0.1},
        },
    ),
    "image_classification_with_contrast": TaskSpec(
        task="tasks.image_classification.ImageClassification",
        options={
            "source": {"kind": "digits"},
            "height": 8,
            "width": 8,
            "model": {"widths": [4, 8], "blocks_per_stage": 1},
            "augment": {"flip": "horizontal", "mixup_alpha": 0.2, "cutmix_alpha": 0.5, "erase": 0.2},
            "loss": {"kind": "focal", "gamma": 1.0, "label_weights": [1, 1, 1, 1, 1, 1, 1, 1, 1, 2]},
            "contrast": {"weight": "learned", "dim": 8},
        },
    ),
    "forecasting": TaskSpec(
        task="tasks.forecasting.Forecasting",
        options={"source": {"kind": "co2"}, "lookback": 104, "horizon": 26, "season": 52, "model": {"kind": "nlinear"}},
    ),
    "forecasting_of_quantiles_one_by_one": TaskSpec(
        task="tasks.forecasting.Forecasting",
        options={
            "source": {"kind": "co2"},
            "lookback": 104,
            "horizon": 26,
            "season": 52,
            "quantiles": [0.1, 0.5, 0.9],
            "model": {
                "kind": "encoder_decoder",
                "patch": 13,
                "dim": 8,
                "heads": 2,
                "hidden": 8,
                "decoding": "autoregressive",
            },
        },
    ),
}

SPLITS_OF_DIGITS = {"train": 0.4, "eval": 0.3, "test": 0.3}
TASKS |= {
    "few_shot_regression": TaskSpec(
        task="tasks.few_shot.regression.FewShotRegression",
        options={
            "source": {"kind": "sinusoids", "train": 48, "eval": 48, "test": 48},
            "queries": 6,
            "widths": [4],
            "learner": {"kind": "cavia", "context": 2, "eval_steps": 2},
        },
    ),
    "few_shot_classification": TaskSpec(
        task="tasks.few_shot.classification.FewShotClassification",
        options={
            "source": {"kind": "digits"},
            "splits": SPLITS_OF_DIGITS,
            "ways": [2],
            "queries": 2,
            "episodes": {"eval": 48, "test": 48},
            "height": 8,
            "width": 8,
            "is_rotated": True,
            "widths": [4, 4],
            "learner": {"kind": "prototypes"},
        },
    ),
    "tabular": TaskSpec(
        task="tasks.tabular.Tabular",
        options={
            "source": {"kind": "sklearn", "name": "wine"},
            "label": {"column": "target"},
            "columns": {
                "numeric": {
                    "hue": {"transform": "quantiles", "buckets": 3},
                    "ash": {"transform": "piecewise_linear", "buckets": 3},
                }
            },
            "model": {"kind": "residual_mlp", "numbers": "periodic", "width": 8, "hidden": 8, "number_dim": 4},
        },
    ),
    "tabular_of_numbers": TaskSpec(
        task="tasks.tabular.Tabular",
        options={
            "source": {"kind": "sklearn", "name": "diabetes"},
            "label": {"column": "target"},
            "columns": {
                "categorical": {"sex": {"size": 2, "encoding": "embedding"}},
                "numeric": {"bmi": {"transform": "quantiles", "buckets": 3}},
                "crosses": [{"of": ["sex", "bmi"], "size": 20}],
            },
            "model": {"kind": "wide_deep", "widths": [8], "embedding_dim": 2},
        },
    ),
    "tabular_of_two_classes": TaskSpec(
        task="tasks.tabular.Tabular",
        options={
            "source": {"kind": "sklearn", "name": "breast_cancer"},
            "label": {"column": "target"},
            "model": {"kind": "linear"},
            "loss": {"kind": "focal", "class_weights": "balanced"},
            "weight_column": "mean area",
        },
    ),
    "own_tabular": TaskSpec(task="tests.tasks.own_tabular.Tabular", options={}),
}


def raw_examples(task: Task, split: str) -> list[tf.train.Example]:
    """The first 48 of a split at the most."""
    source = task.source()
    pairs = source.examples(source.shards(split)[0])
    return [example for _, example in itertools.islice(pairs, 48)]


def transform(task: Task, raw: list[tf.train.Example], place: Path) -> tft.TFTransformOutput:
    """Transform's graph in `place`, its analyzers run over the raw examples."""
    source = tfxio.TFExampleBeamRecord("examples", schema=task.schema())
    with tft_beam.Context(temp_dir=str(place / "temporary")), beam.Pipeline() as pipeline:
        records = pipeline | beam.Create([example.SerializeToString() for example in raw])
        batches = records | source.BeamSource()
        graph = (batches, source.TensorAdapterConfig()) | tft_beam.AnalyzeDataset(task.preprocessing_fn)
        graph | tft_beam.WriteTransformFn(str(place))
    output = tft.TFTransformOutput(str(place))
    raw_metadata = dataset_metadata.DatasetMetadata(task.schema())
    metadata_io.write_metadata(raw_metadata, str(place / output.RAW_METADATA_DIR))
    return output


def transformed_features(
    task: Task, raw: list[tf.train.Example], transformed: tft.TFTransformOutput
) -> dict[str, tf.Tensor]:
    """A batch of transformed features."""
    spec = schema_utils.schema_as_feature_spec(task.schema()).feature_spec
    parsed = tf.io.parse_example([example.SerializeToString() for example in raw], spec)
    return transformed.transform_features_layer()(parsed)


def write_transformed(task: Task, raw: list[tf.train.Example], transformed: tft.TFTransformOutput, path: Path) -> int:
    """Transform's file, written by hand: every value of every feature, one example a record. Returns how many."""
    features = transformed_features(task, raw, transformed)
    values = {name: dense(value).numpy() for name, value in features.items()}
    count = len(values[next(iter(values))])
    with tf.io.TFRecordWriter(str(path), options="GZIP") as writer:
        for index in range(count):
            writer.write(_example({name: value[index] for name, value in values.items()}))
    return count


def dense(value: Any) -> tf.Tensor:
    """Of features of one length, whatever way they are held."""
    return tf.sparse.to_dense(value) if isinstance(value, tf.SparseTensor) else value


def _example(values: dict[str, np.ndarray]) -> bytes:
    example = tf.train.Example()
    for name, value in values.items():
        feature = example.features.feature[name]
        kinds = {"i": feature.int64_list, "u": feature.int64_list, "f": feature.float_list, "O": feature.bytes_list}
        kind = kinds[value.dtype.kind]
        kind.value.extend(np.ravel(value).tolist())
    return example.SerializeToString()
