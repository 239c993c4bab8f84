"""A task whose model and predictions can be reckoned by hand, and which trains in milliseconds."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf
from pydantic import Field
from tensorflow_metadata.proto.v0 import schema_pb2

from tasks.base import EvalMetric, Task, TaskOptions
from tasks.loading import TaskSpec
from training.objective import SupervisedObjective

LABELS = ("left", "right")
# The points of each split, in centimetres.
POINTS_CM = tuple((x, y) for x in (-300.0, -100.0, 100.0, 300.0) for y in (-200.0, 200.0))
SPEC = TaskSpec(task="tests.components.points.Points", options={})


class PointsOptions(TaskOptions):
    """Options of Points."""

    units: int = Field(4, ge=1, description="Of the hidden layer.")
    outputs: int = Field(2, ge=2, description="Of the model.")
    metric: str = Field("accuracy", description="What the metric is called.")
    empty: tuple[str, ...] = Field((), description="Splits without examples.")
    is_named: bool = Field(True, description="Whether the outputs have labels.")


class Points(Task):
    """Raw features: `point` (x and y in cm), `label` (0 where x is below zero, else 1), `half` (upper or lower, to
    slice by). Model: `point` `[batch, 2]` in metres to `logits` `[batch, class]`."""

    Options = PointsOptions
    label_key = "label"
    evaluation_keys = ("half",)
    prediction_key = "probabilities"
    reads: ClassVar = {}
    options: PointsOptions

    def source(self) -> "Points":
        return self

    def shards(self, split: str) -> Sequence[str]:
        return [] if split in self.options.empty else [split]

    def examples(self, shard: str) -> Iterator[tuple[str, tf.train.Example]]:
        for number, (x, y) in enumerate(POINTS_CM):
            example = tf.train.Example()
            example.features.feature["point"].float_list.value.extend([x, y])
            example.features.feature["label"].int64_list.value.append(int(x > 0))
            example.features.feature["half"].bytes_list.value.append(b"upper" if y > 0 else b"lower")
            yield f"{shard} {number}", example

    def fingerprint(self) -> str:
        return "points"

    def schema(self) -> schema_pb2.Schema:
        schema = schema_pb2.Schema()
        features = {"point": (schema_pb2.FLOAT, 2), "label": (schema_pb2.INT, 1), "half": (schema_pb2.BYTES, 1)}
        for name, (kind, size) in features.items():
            feature = schema.feature.add(name=name, type=kind)
            feature.presence.CopyFrom(schema_pb2.FeaturePresence(min_fraction=1.0, min_count=1))
            feature.shape.dim.add(size=size)
        return schema

    def preprocessing_fn(self, inputs: Mapping[str, tf.Tensor | tf.SparseTensor]) -> dict[str, tf.Tensor]:
        return {"point": inputs["point"] / 100.0, "label": tf.reshape(inputs["label"], [-1])}

    def model(self) -> keras.Model:
        point = keras.Input((2,), name="point")
        hidden = keras.layers.Dense(self.options.units, activation="relu", name="hidden")(point)
        return keras.Model({"point": point}, {"logits": keras.layers.Dense(self.options.outputs, name="head")(hidden)})

    def to_batch(self, features: dict[str, tf.Tensor]) -> Any:
        return self.model_inputs(features), {"label": features["label"]}

    def objective(self) -> SupervisedObjective:
        def loss(targets: Mapping[str, tf.Tensor], outputs: Mapping[str, tf.Tensor]) -> tf.Tensor:
            return keras.losses.sparse_categorical_crossentropy(targets["label"], outputs["logits"], from_logits=True)

        return SupervisedObjective(loss=loss, metrics={"accuracy": self.example_metric})

    def metrics(self) -> tuple[EvalMetric, ...]:
        return (EvalMetric(name=self.options.metric, class_name="SparseCategoricalAccuracy"),)

    def example_metric(self, targets: Any, outputs: Mapping[str, Any]) -> Any:
        right = self.as_targets(outputs)["label"] == keras.ops.cast(targets["label"], "int32")
        return keras.ops.cast(right, "float32")

    def as_targets(self, outputs: Mapping[str, Any]) -> dict[str, Any]:
        return {"label": keras.ops.cast(keras.ops.argmax(outputs["logits"], axis=-1), "int32")}

    def model_inputs(self, features: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return {"point": features["point"]}

    def predictions(self, outputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return {"probabilities": tf.nn.softmax(outputs["logits"])}

    def labels(self) -> tuple[str, ...]:
        return LABELS if self.options.is_named else ()


def points_model(slope: float = 1.0) -> keras.Model:
    """The model of logits (-slope * x, slope * x), which at a positive slope is right about every point."""
    model = SPEC.load().model()
    hidden = np.array([[1, -1, 0, 0], [0, 0, 1, -1]])
    head = slope * np.array([[-1, 1], [1, -1], [0, 0], [0, 0]])
    model.set_weights([hidden, np.zeros(4), head, np.zeros(2)])
    return model
