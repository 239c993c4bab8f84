"""What the training of a classifier of images minimizes."""

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from tasks.image_classification.options import (
    AugmentOptions,
    ClassificationLossOptions,
    ContrastOptions,
    ImageClassificationOptions,
)
from training.augmentation.image import ImageAugmentation
from training.losses import LossTerm, SupCon, WeightedSum, loss
from training.objective import SupervisedObjective


def classification_objective(
    options: ImageClassificationOptions,
    *,
    num_classes: int,
    accuracy: Callable[[Any, Mapping[str, Any]], tf.Tensor],
) -> SupervisedObjective:
    """The objective of batches of images `[batch, height, width, channel]`, each with a label.

    Args:
      options: options of the task.
      num_classes: number of classes.
      accuracy: maps targets and the model's outputs to whether each example is predicted right, `[example]`.
    """
    augmentation = ImageAugmentation(num_classes=num_classes, **options.augment.model_dump())
    augmentation.build((None, *options.image_shape()))

    def augment(inputs: Mapping[str, tf.Tensor], targets: Mapping[str, tf.Tensor]) -> tuple[Any, Any]:
        image, learned = augmentation(inputs["image"], targets["label"], training=True)
        return {"image": image}, {**targets, "learned": learned}

    main = classification_loss(options.loss, options.contrast)
    is_augmented = options.augment != AugmentOptions()
    return SupervisedObjective(
        loss=main,
        metrics={"accuracy": accuracy},
        augment=augment if is_augmented else None,
        layers=[augmentation, main] if is_augmented else [main],
    )


def classification_loss(options: ClassificationLossOptions, contrast: ContrastOptions | None) -> WeightedSum:
    """The main loss on the output `logits`, and a contrastive one on `projection` where there is one.

    The target `learned` is the label as augmentation softened it; the contrastive loss takes `label` as it was.
    """
    shape = (
        {"label_smoothing": options.label_smoothing} if options.kind == "cross_entropy" else {"gamma": options.gamma}
    )
    main = loss(options.kind, label_weights=options.label_weights, **shape)
    terms = {"main": LossTerm(loss=main, output="logits", target="learned")}
    weights: Any = {"main": 1.0}
    if contrast is not None:
        terms["contrast"] = LossTerm(loss=SupCon(temperature=contrast.temperature), output="projection", target="label")
        weights = "learned" if contrast.weight == "learned" else {"main": 1.0, "contrast": contrast.weight}
    return WeightedSum(terms=terms, weights=weights)
