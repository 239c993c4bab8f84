"""Few-shot classification: learn new classes from a few labelled images of each, and tell other images apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, model_validator

from data.images.episodes import ImageEpisodes
from data.images.source import ImageSource
from data.splits import Splits
from data.unreadable import UNREADABLE
from tasks.base import TaskOptions
from tasks.few_shot.base import FewShot, FewShotOptions
from tasks.few_shot.shape import EpisodeShape
from training.meta.learner_options import LearnerOptions
from training.meta.options import ClassificationLearner

if TYPE_CHECKING:
    import keras
    import tensorflow as tf
    from tensorflow_metadata.proto.v0 import schema_pb2

    from tasks.few_shot.image_draws import ImageDraws
    from training.meta.teaching import Teaching
    from training.objective import Objective


class JudgedEpisodes(TaskOptions):
    """How many fixed episodes models are judged on."""

    eval: int = Field(200, ge=2, description="Episodes of the split eval.")
    test: int = Field(1000, ge=2, description="Episodes of the split test.")


class EpisodeAugmentOptions(TaskOptions):
    """Random changes of each train image, in support and queries alike. The defaults change nothing."""

    translate: float = Field(0.0, ge=0, lt=1, description="Largest shift, as a share of height and of width.")
    rotate_degrees: float = Field(0.0, ge=0, le=180, description="Largest turn either way.")
    zoom: float = Field(0.0, ge=0, lt=1, description="Largest zoom in or out, as a share of the size.")


class FewShotClassificationOptions(FewShotOptions):
    """Options of FewShotClassification."""

    source: ImageSource = Field(description="Where images and classes come from.")
    splits: Splits = Field(default_factory=Splits, description="Shares of classes, where the source does not say.")
    ways: tuple[int, ...] = Field(
        (5,), min_length=1, description="Classes of judged episodes; training takes the most."
    )
    shots: tuple[int, ...] = Field(
        (1,), min_length=1, description="Support images of a class; training takes the most."
    )
    queries: int = Field(15, ge=1, description="Query images of a class.")
    episodes: JudgedEpisodes = Field(
        default_factory=JudgedEpisodes, description="How many fixed episodes models are judged on."
    )
    is_within_groups: bool = Field(False, description="Draw each judged episode from one group, such as an alphabet.")
    is_rotated: bool = Field(False, description="In training, each class turned by 90, 180, 270 degrees is one more.")
    augment: EpisodeAugmentOptions = Field(default_factory=EpisodeAugmentOptions)
    seed: int = Field(0, ge=0, description="Another seed draws other judged episodes.")
    height: int = Field(28, ge=4, description="Images are resized to this height, in pixels.")
    width: int = Field(28, ge=4, description="Images are resized to this width, in pixels.")
    channels: int = Field(1, description="1 for grey, 3 for colour.")
    widths: tuple[int, ...] = Field((64, 64, 64, 64), min_length=1, description="Channels of each convolution.")
    learner: ClassificationLearner = Field(description="What adapts to a task, and how the outer loop learns it.")

    @model_validator(mode="after")
    def _fit_together(self) -> FewShotClassificationOptions:
        if self.channels not in (1, 3):
            raise ValueError(f"channels must be 1 or 3. Received: {self.channels}")
        if min(self.ways) < 2 or min(self.shots) < 1:
            raise ValueError(f"ways must be 2 or more, shots 1 or more. Received: ways={self.ways}, shots={self.shots}")
        if self.is_rotated and self.height != self.width:
            raise ValueError(f"is_rotated needs square images. Received: {self.height}x{self.width}")
        smallest = 2 ** len(self.widths)
        if min(self.height, self.width) < smallest:
            raise ValueError(
                f"{len(self.widths)} convolutions shrink images {smallest} times, so that they must have as many "
                f"pixels. Received: {self.height}x{self.width}. Name fewer widths or larger images."
            )
        self.learner.check_images()
        return self


class FewShotClassification(FewShot):
    """Raw features: see `data.images.episodes`. Model: see `FewShot`; outputs are logits, one for each class."""

    Options = FewShotClassificationOptions
    metric = "accuracy"
    parameters = ("group",)
    loss = "cross_entropy"
    reads: ClassVar = {
        "source": ("source", "splits", "ways", "shots", "queries", "episodes", "is_within_groups", "seed"),
        "schema": (),
        "preprocessing": (),
        "evaluation": ("ways", "shots", "queries", "height", "width", "channels", "learner"),
        "serving": ("ways", "shots", "queries", "height", "width", "channels", "learner"),
    }
    options: FewShotClassificationOptions

    @property
    def learner(self) -> LearnerOptions:
        return self.options.learner

    def source(self) -> ImageEpisodes:
        options = self.options
        return ImageEpisodes(
            source=options.source,
            splits=options.splits,
            ways=options.ways,
            shots=options.shots,
            queries=options.queries,
            eval=options.episodes.eval,
            test=options.episodes.test,
            is_within_groups=options.is_within_groups,
            seed=options.seed,
        )

    def repairs(self) -> Mapping[str, int]:
        left_out = self.source().left_out()
        return {UNREADABLE: left_out} if left_out else {}

    def schema(self) -> schema_pb2.Schema:
        from tensorflow_metadata.proto.v0 import schema_pb2

        schema = schema_pb2.Schema()
        for name in ("images", "support_images", "query_images", "group", "classes"):
            schema.feature.add(name=name, type=schema_pb2.BYTES)
        for name in ("support_y", "query_y", "way", "shot"):
            schema.feature.add(name=name, type=schema_pb2.INT)
        for feature in schema.feature:
            if feature.name in ("way", "shot"):
                feature.presence.CopyFrom(schema_pb2.FeaturePresence(min_fraction=1.0, min_count=1))
                feature.value_count.CopyFrom(schema_pb2.ValueCount(min=1, max=1))
        return schema

    def shape(self) -> EpisodeShape:
        options = self.options
        way = max(options.ways)
        return EpisodeShape(
            shot=way * max(options.shots),
            queries=way * options.queries,
            example_shape=self._image_shape(),
            outputs=way,
            is_classes=True,
        )

    def network(self) -> keras.Model:
        from models.few_shot.networks import convolutions

        learner = self.learner
        return convolutions(
            image_shape=self._image_shape(),
            outputs=max(self.options.ways),
            widths=self.options.widths,
            normalization="batch" if learner.has_running_statistics else "episode",
            has_head=learner.has_head,
            context=learner.context_size,
        )

    def model_inputs(self, features: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        import tensorflow as tf

        from tasks.few_shot.features import decode_images, mark_present, pad

        shape, pixels = self.shape(), self._image_shape()
        return {
            "support_x": decode_images(pad(features["support_images"], shape.shot), pixels),
            "support_y": tf.cast(pad(features["support_y"], shape.shot), tf.int32),
            "support_weight": mark_present(features["support_y"], shape.shot),
            "query_x": decode_images(pad(features["query_images"], shape.queries), pixels),
        }

    def targets(self, features: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        import tensorflow as tf

        from tasks.few_shot.features import mark_present, pad

        queries = self.shape().queries
        return {
            "query_y": tf.cast(pad(features["query_y"], queries), tf.int32),
            "query_weight": mark_present(features["query_y"], queries),
        }

    def _objective(self, teaching: Teaching | None = None) -> Objective:
        from training.augmentation.image import ImageAugmentation
        from training.meta.objective import MetaObjective

        if self.options.augment == EpisodeAugmentOptions():
            return super()._objective(teaching)
        # Nearest pixels, as nobody says whether the paper is white or black.
        augmentation = ImageAugmentation(
            num_classes=max(self.options.ways), fill_mode="nearest", **self.options.augment.model_dump()
        )
        augmentation.build((None, *self._image_shape()))
        return MetaObjective(
            loss=self.loss,
            options=self.learner,
            augment=lambda x: augmentation(x, None, training=True)[0],
            layers=[augmentation],
            teaching=teaching,
        )

    def example_metric(self, targets: Any, outputs: Mapping[str, Any]) -> Any:
        import numpy as np

        weights = np.asarray(targets["query_weight"])
        hits = self.as_targets(outputs)["query_y"] == np.asarray(targets["query_y"])
        return np.sum(hits * weights, axis=-1) / np.sum(weights, axis=-1)

    def as_targets(self, outputs: Mapping[str, Any]) -> dict[str, Any]:
        import numpy as np

        chosen = np.argmax(np.asarray(outputs["predictions"])[:, self.learner.inner_steps], axis=-1)
        return {"query_y": chosen, "query_weight": np.ones(chosen.shape, np.float32)}

    def _image_shape(self) -> tuple[int, int, int]:
        return (self.options.height, self.options.width, self.options.channels)

    def draws(self, files: Sequence[str], feature_spec: Mapping[str, Any]) -> ImageDraws:
        from tasks.few_shot.image_draws import ImageDraws, read_classes

        options = self.options
        draws = ImageDraws(
            *read_classes(files, feature_spec, image_shape=self._image_shape()),
            way=max(options.ways),
            shot=max(options.shots),
            queries=options.queries,
            is_rotated=options.is_rotated,
        )
        self.learner.check_train_classes(draws.classes)
        return draws
