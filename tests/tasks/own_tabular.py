"""A task as a user may write one: a vocabulary, buckets and a hash in Transform, embeddings of int64 inputs."""

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import keras
import tensorflow as tf
import tensorflow_transform as tft
from pydantic import Field
from tensorflow_metadata.proto.v0 import schema_pb2

from data.source import SPLITS
from tasks.base import EvalMetric, Task, TaskOptions
from training.objective import SupervisedObjective

COLOURS = ("blue", "green", "red")
# Of numbers that each categorical input becomes: places of a vocabulary and one for what it lacks, quartiles, hashes.
SIZES = {"colour": len(COLOURS) + 1, "weight": 4, "place": 8}


class Parcels:
    """240 parcels, the same ones each time; red ones and heavy ones are lost."""

    def shards(self, split: str) -> Sequence[str]:
        return [split]

    def examples(self, shard: str) -> Iterator[tuple[str, tf.train.Example]]:
        draw = random.Random(shard)
        for number in range(240 // len(SPLITS)):
            colour, weight = draw.choice(COLOURS), draw.uniform(0, 20)
            example = tf.train.Example()
            example.features.feature["colour"].bytes_list.value.append(colour.encode())
            example.features.feature["place"].bytes_list.value.append(b"place %d" % draw.randrange(50))
            example.features.feature["weight"].float_list.value.append(weight)
            example.features.feature["label"].int64_list.value.append(int(colour == "red" or weight > 15))
            yield f"{shard} {number}", example

    def fingerprint(self) -> str:
        return "parcels"


class TabularOptions(TaskOptions):
    """Options of Tabular."""

    dim: int = Field(4, ge=1, description="Of an embedding.")


class Tabular(Task):
    """Raw features: `colour` and `place` (text), `weight` (float), `label` (0 or 1). Model: `[batch]` int64 of each of
    SIZES, and `exact` `[batch, 1]`, to `lost` `[batch, 1]`, a probability."""

    Options = TabularOptions
    label_key = "label"
    prediction_key = "lost"
    reads: ClassVar = {}
    options: TabularOptions

    def source(self) -> Parcels:
        return Parcels()

    def schema(self) -> schema_pb2.Schema:
        schema = schema_pb2.Schema()
        for name, kind in {"colour": "BYTES", "place": "BYTES", "weight": "FLOAT", "label": "INT"}.items():
            feature = schema.feature.add(name=name, type=schema_pb2.FeatureType.Value(kind))
            feature.presence.CopyFrom(schema_pb2.FeaturePresence(min_fraction=1.0, min_count=1))
            feature.shape.dim.add(size=1)
        return schema

    def preprocessing_fn(self, inputs: Mapping[str, tf.Tensor | tf.SparseTensor]) -> dict[str, tf.Tensor]:
        colour, place, weight, label = (
            tf.reshape(inputs[name], [-1]) for name in ("colour", "place", "weight", "label")
        )
        return {
            "colour": tft.compute_and_apply_vocabulary(colour, num_oov_buckets=1),
            "weight": tft.bucketize(weight, num_buckets=SIZES["weight"]),
            "place": tft.hash_strings(place, SIZES["place"]),
            "exact": tft.scale_to_z_score(weight)[:, None],
            "label": label,
        }

    def model(self) -> keras.Model:
        inputs = {name: keras.Input((), dtype="int64", name=name) for name in SIZES}
        parts = [keras.layers.Embedding(size, self.options.dim)(inputs[name]) for name, size in SIZES.items()]
        inputs["exact"] = keras.Input((1,), name="exact")
        hidden = keras.layers.Dense(16, activation="relu")(keras.layers.Concatenate()([*parts, inputs["exact"]]))
        return keras.Model(inputs, {"lost": keras.layers.Dense(1, activation="sigmoid")(hidden)})

    def to_batch(self, features: dict[str, tf.Tensor]) -> Any:
        return self.model_inputs(features), {"label": features["label"]}

    def objective(self) -> SupervisedObjective:
        def loss(targets: Mapping[str, tf.Tensor], outputs: Mapping[str, tf.Tensor]) -> tf.Tensor:
            return keras.losses.binary_crossentropy(targets["label"][:, None], outputs["lost"])

        return SupervisedObjective(loss=loss, metrics={"accuracy": self.example_metric})

    def metrics(self) -> tuple[EvalMetric, ...]:
        return (EvalMetric(name="accuracy", class_name="BinaryAccuracy"),)

    def example_metric(self, targets: Any, outputs: Mapping[str, Any]) -> Any:
        right = self.as_targets(outputs)["label"] == keras.ops.cast(targets["label"], "int32")
        return keras.ops.cast(right, "float32")

    def as_targets(self, outputs: Mapping[str, Any]) -> Any:
        return {"label": keras.ops.cast(outputs["lost"][:, 0] > 0.5, "int32")}

    def model_inputs(self, features: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return {name: features[name] for name in (*SIZES, "exact")}

    def predictions(self, outputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return {"lost": outputs["lost"]}
