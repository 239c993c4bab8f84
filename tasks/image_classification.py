"""Images in, one label out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, model_validator

from data.digits import Digits
from data.examples import image_defect
from data.image_folder import ImageFolder
from data.tfrecord import TFRecords
from tasks.base import EvalMetric, Task, TaskOptions

if TYPE_CHECKING:
    import keras
    import tensorflow as tf
    from tensorflow_metadata.proto.v0 import schema_pb2

    from data.source import LabelledImages
    from training.objective import Objective

ImageSource = Annotated[Digits | ImageFolder | TFRecords, Field(discriminator="kind")]


class ResNetOptions(TaskOptions):
    """A residual network with squeeze-and-excitation."""

    widths: tuple[int, ...] = Field((16, 32, 64), min_length=1, description="Channels of each stage.")
    blocks_per_stage: int = Field(1, ge=1)
    se_ratio: int | None = Field(4, ge=1, description="Squeeze factor of the SE gates; null leaves them out.")
    dropout: float = Field(0.1, ge=0, lt=1)


class AugmentOptions(TaskOptions):
    """Random changes of train images. Defaults change nothing."""

    translate: float = Field(0.0, ge=0, lt=1, description="Largest shift, as a share of height and of width.")
    rotate_degrees: float = Field(0.0, ge=0, le=180)
    zoom: float = Field(0.0, ge=0, lt=1, description="Largest zoom in or out, as a share of the size.")


class ImageClassificationOptions(TaskOptions):
    """Options of ImageClassification."""

    source: ImageSource
    height: int = Field(ge=2, description="Images are resized to this height, in pixels.")
    width: int = Field(ge=2, description="Images are resized to this width, in pixels.")
    channels: int = Field(1, description="1 for grey, 3 for colour.")
    model: ResNetOptions = Field(default_factory=ResNetOptions)
    augment: AugmentOptions = Field(default_factory=AugmentOptions)
    label_smoothing: float = Field(0.0, ge=0, lt=1)

    @model_validator(mode="after")
    def _fit_together(self) -> ImageClassificationOptions:
        if self.channels not in (1, 3):
            raise ValueError(f"channels must be 1 or 3. Received: {self.channels}")
        smallest = 2 ** (len(self.model.widths) - 1)
        if min(self.height, self.width) < smallest:
            raise ValueError(
                f"{len(self.model.widths)} stages (model.widths) need images of {smallest}x{smallest} pixels or more. "
                f"Received: {self.height}x{self.width}. Name fewer widths or larger images."
            )
        return self


class ImageClassification(Task):
    """Raw features: `image` (encoded bytes), `label` (int64). Model: `[batch, height, width, channel]` to logits."""

    Options = ImageClassificationOptions
    label_key = "label"
    prediction_key = "probabilities"
    options: ImageClassificationOptions

    def source(self) -> LabelledImages:
        return self.options.source

    def resolved_options(self) -> ImageClassificationOptions:
        source = self.options.source
        if not isinstance(source, ImageFolder):
            return self.options
        named = source.model_copy(update={"classes": source.class_names()})
        return self.options.model_copy(update={"source": named})

    def labels(self) -> tuple[str, ...]:
        return self.source().class_names()

    def schema(self) -> schema_pb2.Schema:
        from tensorflow_metadata.proto.v0 import schema_pb2

        count = len(self.labels())
        schema = schema_pb2.Schema()
        image = schema.feature.add(name="image", type=schema_pb2.BYTES)
        label = schema.feature.add(name="label", type=schema_pb2.INT)
        label.int_domain.CopyFrom(schema_pb2.IntDomain(min=0, max=count - 1, is_categorical=True))
        # Every class must occur in every split.
        label.unique_constraints.CopyFrom(schema_pb2.UniqueConstraints(min=count, max=count))
        for feature in (image, label):
            feature.presence.CopyFrom(schema_pb2.FeaturePresence(min_fraction=1.0, min_count=1))
            feature.shape.dim.add(size=1)
        return schema

    def example_defect(self, example: tf.train.Example) -> str | None:
        return image_defect(example)

    def preprocessing_fn(self, inputs: Mapping[str, tf.Tensor | tf.SparseTensor]) -> dict[str, tf.Tensor]:
        import tensorflow as tf

        options = self.options

        def pixels(encoded: tf.Tensor) -> tf.Tensor:
            image = tf.io.decode_image(encoded, channels=options.channels, expand_animations=False)
            image.set_shape([None, None, options.channels])
            resized = tf.image.resize(tf.cast(image, tf.float32), [options.height, options.width], antialias=True)
            return resized / 255.0

        encoded = tf.reshape(inputs["image"], [-1])
        shape = [options.height, options.width, options.channels]
        return {
            "image": tf.map_fn(pixels, encoded, fn_output_signature=tf.TensorSpec(shape, tf.float32)),
            "label": tf.reshape(inputs["label"], [-1]),
        }

    def model(self) -> keras.Model:
        from models.resnet import resnet

        return resnet(
            image_shape=(self.options.height, self.options.width, self.options.channels),
            num_classes=len(self.labels()),
            **self.options.model.model_dump(),
        )

    def to_batch(self, features: dict[str, tf.Tensor]) -> Any:
        return self.model_inputs(features), features["label"]

    def objective(self) -> Objective:
        import keras

        from training.objective import SupervisedObjective

        num_classes = len(self.labels())

        def cross_entropy(label: tf.Tensor, outputs: Mapping[str, tf.Tensor]) -> tf.Tensor:
            smoothing = self.options.label_smoothing
            target = keras.ops.one_hot(label, num_classes) * (1 - smoothing) + smoothing / num_classes
            return keras.ops.categorical_crossentropy(target, outputs["logits"], from_logits=True)

        def accuracy(label: tf.Tensor, outputs: Mapping[str, tf.Tensor]) -> tf.Tensor:
            return keras.ops.cast(
                keras.ops.argmax(outputs["logits"], axis=-1) == keras.ops.cast(label, "int32"), "float32"
            )

        layer = self._augmentation()
        return SupervisedObjective(
            loss=cross_entropy,
            metrics={"accuracy": accuracy},
            augment=layer and (lambda inputs, label: ({"image": layer(inputs["image"], training=True)}, label)),
            layers=[layer] if layer else [],
        )

    def _augmentation(self) -> keras.Layer | None:
        import keras

        options = self.options.augment
        fill = {"fill_mode": "constant", "interpolation": "bilinear"}
        layers = []
        if options.rotate_degrees:
            layers.append(keras.layers.RandomRotation(options.rotate_degrees / 360, **fill))
        if options.translate:
            layers.append(keras.layers.RandomTranslation(options.translate, options.translate, **fill))
        if options.zoom:
            layers.append(keras.layers.RandomZoom(options.zoom, options.zoom, **fill))
        if not layers:
            return None
        augmentation = keras.Sequential(layers)
        augmentation.build((None, self.options.height, self.options.width, self.options.channels))
        return augmentation

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
