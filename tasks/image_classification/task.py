"""Images in, one label out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from data.examples import image_defect
from data.images.csv import ImageCSV
from data.images.folder import ImageFolder
from data.unreadable import Unreadable
from tasks.base import EvalMetric, Task
from tasks.image_classification.options import ImageClassificationOptions, require_shared_classes

if TYPE_CHECKING:
    import keras
    import tensorflow as tf
    from tensorflow_metadata.proto.v0 import schema_pb2

    from compression.recipe import DistillationOptions
    from data.source import LabelledImages
    from training.hooks import Hook
    from training.objective import Objective
    from training.writers import Writer


class ImageClassification(Task):
    """Raw features: `image` (encoded bytes), `label` (int64). Model: `[batch, height, width, channel]` to logits."""

    Options = ImageClassificationOptions
    label_key = "label"
    prediction_key = "probabilities"
    reads: ClassVar = {
        "source": ("source",),
        "schema": ("source",),
        "preprocessing": ("height", "width", "channels"),
        "evaluation": (),
        "serving": ("source", "height", "width", "channels"),
    }
    options: ImageClassificationOptions

    def source(self) -> LabelledImages:
        return require_shared_classes(self.options.source)

    def resolved_options(self) -> ImageClassificationOptions:
        source = self.options.source
        if not isinstance(source, ImageFolder | ImageCSV):
            return self.options
        named = source.model_copy(update={"classes": source.class_names()})
        return self.options.model_copy(update={"source": named})

    def labels(self) -> tuple[str, ...]:
        return self.source().class_names()

    def schema(self) -> schema_pb2.Schema:
        from tensorflow_metadata.proto.v0 import schema_pb2

        names = self.labels()
        count = len(names)
        schema = schema_pb2.Schema()
        image = schema.feature.add(name="image", type=schema_pb2.BYTES)
        label = schema.feature.add(name="label", type=schema_pb2.INT)
        label.int_domain.CopyFrom(schema_pb2.IntDomain(min=0, max=count - 1, is_categorical=True))
        # What the values stand for: the data gate names classes, not their indices.
        label.annotation.tag.extend(names)
        # Every class must occur in every split.
        label.unique_constraints.CopyFrom(schema_pb2.UniqueConstraints(min=count, max=count))
        for feature in (image, label):
            feature.presence.CopyFrom(schema_pb2.FeaturePresence(min_fraction=1.0, min_count=1))
            feature.shape.dim.add(size=1)
        return schema

    def example_defect(self, example: tf.train.Example) -> str | None:
        return image_defect(example)

    def allowed_unreadable(self) -> float:
        source = self.options.source
        return source.allowed_unreadable() if isinstance(source, Unreadable) else 0.0

    def preprocessing_fn(self, inputs: Mapping[str, tf.Tensor | tf.SparseTensor]) -> dict[str, tf.Tensor]:
        import tensorflow as tf

        options = self.options

        def pixels(encoded: tf.Tensor) -> tf.Tensor:
            image = tf.io.decode_image(encoded, channels=options.channels, expand_animations=False)
            image.set_shape([None, None, options.channels])
            resized = tf.image.resize(tf.cast(image, tf.float32), [options.height, options.width], antialias=True)
            return resized / 255.0

        encoded = tf.reshape(inputs["image"], [-1])
        return {
            "image": tf.map_fn(pixels, encoded, fn_output_signature=tf.TensorSpec(options.image_shape(), tf.float32)),
            "label": tf.reshape(inputs["label"], [-1]),
        }

    def model(self) -> keras.Model:
        return self.options.model.build(image_shape=self.options.image_shape(), num_classes=len(self.labels()))

    def interface(self) -> dict[str, Any]:
        return self.options.model_dump(mode="json", include={"source", "height", "width", "channels"})

    def to_batch(self, features: dict[str, tf.Tensor]) -> Any:
        # Augmentation may soften what is learned; what is measured stays.
        return self.model_inputs(features), {"label": features["label"], "learned": features["label"]}

    def training_model(self, model: keras.Model) -> keras.Model:
        contrast = self.options.contrast
        if contrast is None:
            return model
        from training.intermediate import ProjectionHead, with_projection

        return with_projection(model, layer=contrast.layer, head=ProjectionHead(hidden=contrast.dim, dim=contrast.dim))

    def exported_model(self, model: keras.Model) -> keras.Model:
        from models.graph.folding import fold

        return fold(model) if self.options.fold else model

    def example_metric(self, targets: Any, outputs: Mapping[str, Any]) -> tf.Tensor:
        import keras

        predicted = self.as_targets(outputs)["label"]
        return keras.ops.cast(predicted == keras.ops.cast(targets["label"], predicted.dtype), "float32")

    def as_targets(self, outputs: Mapping[str, Any]) -> dict[str, Any]:
        import keras

        return {"label": keras.ops.argmax(outputs["logits"], axis=-1)}

    def objective(self) -> Objective:
        from tasks.image_classification.objective import classification_objective

        return classification_objective(self.options, num_classes=len(self.labels()), accuracy=self.example_metric)

    def distillation_objective(self, teacher: keras.Model, options: DistillationOptions) -> Objective:
        from compression.changes.distillation import DistillationObjective
        from training.losses import Distillation

        loss = Distillation(temperature=options.temperature)
        return DistillationObjective(
            self.objective(),
            teacher=teacher,
            loss=lambda theirs, ours: loss(theirs["logits"], ours["logits"]),
            weight=options.weight,
        )

    def summaries(self, writer: Writer, sample: Any, *, every_epochs: int) -> Sequence[Hook]:
        from training.summaries import ClassificationSummaries

        inputs, targets = sample
        return [
            ClassificationSummaries(
                writer,
                inputs={name: value.numpy() for name, value in inputs.items()},
                labels=targets["label"].numpy(),
                names=self.labels(),
                every_epochs=every_epochs,
                embedding_layer="pooled",
            )
        ]

    def metrics(self) -> tuple[EvalMetric, ...]:
        return (
            EvalMetric(name="accuracy", class_name="SparseCategoricalAccuracy"),
            EvalMetric(name="cross_entropy", class_name="SparseCategoricalCrossentropy", higher_is_better=False),
            EvalMetric(name="confusion_matrix", class_name="MultiClassConfusionMatrixPlot", is_plot=True),
        )

    def model_inputs(self, features: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return {"image": features["image"]}

    def predictions(self, outputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        import tensorflow as tf

        logits = outputs["logits"]
        class_id = tf.argmax(logits, axis=-1)
        return {
            "logits": logits,
            "probabilities": tf.nn.softmax(logits),
            "class_id": class_id,
            "class_name": tf.gather(tf.constant(self.labels()), class_id),
        }

    def serving_metadata(self) -> dict[str, Any]:
        options = self.options
        return {
            "input": f"image: float32 [batch, {options.height}, {options.width}, {options.channels}], pixels in [0, 1]",
            "output": "logits: float32 [batch, class]; the largest is the predicted class, softmax gives probabilities",
        }
