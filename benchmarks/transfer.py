"""What a pre-trained network is worth where labels are few: Fashion-MNIST's last five classes after its first five.

Needs the official IDX files in $SLIPWAY_DATA_DIR/fashion_mnist. Judged on the validation images of
`benchmarks.fashion_mnist_training`, not on the test images.
"""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from benchmarks import fashion_mnist_training as fashion_mnist
from benchmarks.figures import Figure, main
from training import Loop, SupervisedObjective
from training.augmentation.image import ImageAugmentation
from training.losses import CrossEntropy
from training.optimizers import optimizer
from training.options import OptimizerOptions, ScheduleOptions, StepOptions, UnfreezeStage
from training.schedules import schedule
from training.transfer import transfer_weights
from training.unfreezing import Unfreezing

SEED = 0
SEEDS = (0, 1, 2)
OLD, NEW = range(5), range(5, 10)
LABELS_A_CLASS = 10
PRETRAIN_EPOCHS = 4
# Of the few labels: steps an epoch and epochs, the same for both ways.
FEW_STEPS, FEW_EPOCHS = 10, 20
# The head first, then the last stage, then everything, deeper layers by smaller steps.
STAGES = [
    UnfreezeStage(epoch=1, train=("logits",)),
    UnfreezeStage(epoch=6, train=("logits", "stage_2/*")),
    UnfreezeStage(epoch=11, train=("*",)),
]
MULTIPLIERS = {"*stem/*": 0.1, "*stage_0/*": 0.1, "*stage_1/*": 0.3}


def examples(split: str, classes: range) -> tuple[np.ndarray, np.ndarray]:
    """The images of some classes, their labels counted from zero."""
    images, labels = fashion_mnist.images(split)
    chosen = np.isin(labels, classes)
    return images[chosen], labels[chosen] - classes.start


def few(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """So many labelled train images of each new class, drawn by the seed."""
    images, labels = examples("train", NEW)
    rng = np.random.default_rng(seed)
    chosen = [rng.choice(np.flatnonzero(labels == label), LABELS_A_CLASS, replace=False) for label in range(len(NEW))]
    return images[np.concatenate(chosen)], labels[np.concatenate(chosen)]


def network(seed: int) -> keras.Model:
    """The smaller network of `benchmarks.fashion_mnist`, for five classes."""
    keras.utils.set_random_seed(seed)
    return fashion_mnist.CASES["small"].build(num_classes=5)


def train(
    model: keras.Model, data: tuple[np.ndarray, np.ndarray], *, seed: int, epochs: int, steps: int, **options: Any
) -> float:
    """Trains in place; returns the accuracy on the validation images of the same classes after the last epoch."""
    classes = OLD if len(data[1]) > 1000 else NEW
    images, labels = data
    batch = min(128, len(labels))
    batches = (
        tf.data.Dataset.from_tensor_slices(({"image": images}, labels))
        .shuffle(len(labels), seed=seed)
        .repeat()
        .batch(batch, drop_remainder=True)
    )
    held_images, held_labels = examples("validation", classes)
    evaluation = tf.data.Dataset.from_tensor_slices(({"image": held_images}, held_labels)).batch(500).cache()
    cross_entropy = CrossEntropy()
    augmentation = ImageAugmentation(num_classes=5, seed=seed, flip="horizontal", crop_padding=2)
    augmentation.build((None, 28, 28, 1))

    def augment(inputs: Mapping[str, tf.Tensor], label: tf.Tensor) -> tuple[Any, Any]:
        image, label = augmentation(inputs["image"], label, training=True)
        return {"image": image}, label

    def correct(label: tf.Tensor, outputs: Mapping[str, tf.Tensor]) -> tf.Tensor:
        return tf.cast(tf.argmax(outputs["logits"], axis=-1) == label, tf.float32)

    loop = Loop(
        model=model,
        objective=SupervisedObjective(
            loss=lambda label, outputs: cross_entropy(label, outputs["logits"]),
            metrics={"accuracy": correct},
            augment=augment,
            layers=(augmentation,),
        ),
        optimizer=optimizer(OptimizerOptions(weight_decay=0.05, multipliers=options.pop("multipliers", {}))),
        schedule=schedule(
            ScheduleOptions(warmup_epochs=1.0), peak=0.004, steps_per_epoch=steps, total_steps=steps * epochs
        ),
        step=StepOptions(steps_per_execution=10),
        **options,
    )
    *_, last = loop.epochs(train=batches, evaluation=evaluation, epochs=epochs, steps_per_epoch=steps)
    return last.evaluation["accuracy"]


def measure() -> Sequence[Figure]:
    """Pre-trains once, then trains on few labels both ways for each seed."""
    pretrained = network(SEED)
    old = examples("train", OLD)
    before = train(pretrained, old, seed=SEED, epochs=PRETRAIN_EPOCHS, steps=len(old[1]) // 128)
    print(f"pre-trained on classes 0 to 4: {before:.4f}")
    scratch, tuned = [], []
    for seed in SEEDS:
        data = few(seed)
        budget = {"seed": seed, "epochs": FEW_EPOCHS, "steps": FEW_STEPS}
        scratch.append(train(network(seed), data, **budget))
        model = network(seed)
        transfer_weights(model, pretrained, fresh=["logits"])
        tuned.append(train(model, data, **budget, unfreezing=Unfreezing(model, STAGES), multipliers=MULTIPLIERS))
        print(f"seed {seed}: from scratch {scratch[-1]:.4f}, fine-tuned {tuned[-1]:.4f}", flush=True)
    what = f"{LABELS_A_CLASS} labels a class, mean of {len(SEEDS)} seeds"
    return [
        Figure(f"accuracy fine-tuned, {what}", statistics.mean(tuned), statistics.mean(scratch), ">="),
        Figure("the worst seed's gain over training from scratch", min(np.subtract(tuned, scratch)).item(), 0.0, ">="),
    ]


if __name__ == "__main__":
    main("transfer", measure, seed=SEED)
