"""Images in, one label out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from data.examples import image_defect
from data.images.csv import ImageCSV
from data.images.digits import Digits
from data.images.folder import ImageFolder
from data.images.idx_images import IDXImages
from data.images.tfrecord import TFRecords
from data.unreadable import Unreadable
from models.classifiers.options import Architecture, ResNetOptions
from tasks.base import EvalMetric, Task, TaskOptions

if TYPE_CHECKING:
    import keras
    import tensorflow as tf
    from tensorflow_metadata.proto.v0 import schema_pb2

    from compression.recipe import DistillationOptions
    from data.source import LabelledImages
    from training.hooks import Hook
    from training.objective import Objective
    from training.writers import Writer

ImageSource = Annotated[Digits | ImageFolder | ImageCSV | IDXImages | TFRecords, Field(discriminator="kind")]


class AugmentOptions(TaskOptions):
    """Random changes of train images. Defaults change nothing."""

    flip: Literal["horizontal", "vertical", "horizontal_and_vertical"] | None = Field(
        None, description="Mirror half of the images."
    )
    crop_padding: int = Field(0, ge=0, description="Pixels around, before a crop to the size that was.")
    translate: float = Field(0.0, ge=0, lt=1, description="Largest shift, as a share of height and of width.")
    rotate_degrees: float = Field(0.0, ge=0, le=180, description="Largest turn either way.")
    zoom: float = Field(0.0, ge=0, lt=1, description="Largest zoom in or out, as a share of the size.")
    fill_mode: Literal["constant", "nearest", "reflect"] = Field(
        "constant", description="What shows behind a cropped, shifted, turned or zoomed image; constant is black."
    )
    erase: float = Field(0.0, ge=0, le=1, description="Chance that a rectangle of an image is erased.")
    mixup_alpha: float = Field(0.0, ge=0, description="Of MixUp's beta distribution.")
    cutmix_alpha: float = Field(0.0, ge=0, description="The same of CutMix; with both, one is drawn for each batch.")


class ClassificationLossOptions(TaskOptions):
    """What training minimizes."""

    kind: Literal["cross_entropy", "focal"] = Field(
        "cross_entropy", description="Cross-entropy, or the focal loss, which counts what the model is sure of less."
    )
    label_smoothing: float = Field(0.0, ge=0, lt=1, description="Of cross_entropy.")
    gamma: float = Field(2.0, ge=0, description="Of focal.")
    label_weights: tuple[Annotated[float, Field(ge=0)], ...] | None = Field(None, description="One for each class.")


class ContrastOptions(TaskOptions):
    """A supervised contrastive loss on a layer inside the model, beside the main loss."""

    layer: str = Field("pooled", description="Name of the layer whose output is projected.")
    weight: Annotated[float, Field(gt=0)] | Literal["learned"] = Field(
        0.1, description="Of this loss beside the main one, or learned with the model."
    )
    dim: int = Field(32, ge=1, description="Of the projection.")
    temperature: float = Field(0.1, gt=0, description="That similarities are divided by.")


class ImageClassificationOptions(TaskOptions):
    """Options of ImageClassification."""

    source: ImageSource = Field(description="Where images and labels come from.")
    height: int = Field(ge=2, description="Images are resized to this height, in pixels.")
    width: int = Field(ge=2, description="Images are resized to this width, in pixels.")
    channels: int = Field(1, description="1 for grey, 3 for colour.")
    model: Architecture = Field(
        default_factory=ResNetOptions, description="The network; without a kind a residual one."
    )
    augment: AugmentOptions = Field(default_factory=AugmentOptions)
    loss: ClassificationLossOptions = Field(default_factory=ClassificationLossOptions)
    contrast: ContrastOptions | None = Field(
        None, description="A supervised contrastive loss beside the main one; default: none."
    )
    fold: bool = Field(True, description="Multiply normalizations and scales into the kernels before them at export.")

    @model_validator(mode="after")
    def _fit_together(self) -> ImageClassificationOptions:
        if self.channels not in (1, 3):
            raise ValueError(f"channels must be 1 or 3. Received: {self.channels}")
        smallest = self.model.reduction()
        if min(self.height, self.width) < smallest:
            raise ValueError(
                f"The network (options.model) shrinks images {smallest} times, so that they must have {smallest}x"
                f"{smallest} pixels or more. Received: {self.height}x{self.width}. Name fewer stages or larger images."
            )
        weights = self.loss.label_weights
        if weights is not None and len(weights) != len(self.source.class_names()):
            raise ValueError(
                f"loss.label_weights must hold one weight for each of the {len(self.source.class_names())} classes. "
                f"Received: {len(weights)}"
            )
        return self


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
        return self.options.source

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
        shape = [options.height, options.width, options.channels]
        return {
            "image": tf.map_fn(pixels, encoded, fn_output_signature=tf.TensorSpec(shape, tf.float32)),
            "label": tf.reshape(inputs["label"], [-1]),
        }

    def model(self) -> keras.Model:
        image_shape = (self.options.height, self.options.width, self.options.channels)
        return self.options.model.build(image_shape=image_shape, num_classes=len(self.labels()))

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
        from training.augmentation.image import ImageAugmentation
        from training.objective import SupervisedObjective

        augmentation = ImageAugmentation(num_classes=len(self.labels()), **self.options.augment.model_dump())
        augmentation.build((None, self.options.height, self.options.width, self.options.channels))

        def augment(inputs: Mapping[str, tf.Tensor], targets: Mapping[str, tf.Tensor]) -> tuple[Any, Any]:
            image, learned = augmentation(inputs["image"], targets["label"], training=True)
            return {"image": image}, {**targets, "learned": learned}

        loss = self._loss()
        is_augmented = self.options.augment != AugmentOptions()
        return SupervisedObjective(
            loss=loss,
            metrics={"accuracy": self.example_metric},
            augment=augment if is_augmented else None,
            layers=[augmentation, loss] if is_augmented else [loss],
        )

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

    def _loss(self) -> keras.Layer:
        from training.losses import LossTerm, SupCon, WeightedSum, loss

        options, contrast = self.options.loss, self.options.contrast
        shape = (
            {"label_smoothing": options.label_smoothing}
            if options.kind == "cross_entropy"
            else {"gamma": options.gamma}
        )
        main = loss(options.kind, label_weights=options.label_weights, **shape)
        terms = {"main": LossTerm(loss=main, output="logits", target="learned")}
        weights: Any = {"main": 1.0}
        if contrast is not None:
            terms["contrast"] = LossTerm(
                loss=SupCon(temperature=contrast.temperature), output="projection", target="label"
            )
            weights = "learned" if contrast.weight == "learned" else {"main": 1.0, "contrast": contrast.weight}
        return WeightedSum(terms=terms, weights=weights)

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
