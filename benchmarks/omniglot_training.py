"""Few-shot learners on Omniglot and their training, for the benchmark: the characters of the background archive with
rotations to train on, those of the evaluation archive to judge on.

`python -m benchmarks.omniglot_training NAME` trains one, from its last checkpoint on. What was
compared was compared on background characters that are held out; `benchmarks.omniglot` reads the evaluation characters.
"""

import json
import sys
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from data.images.omniglot import Omniglot
from models.few_shot.networks import convolutions
from tasks.few_shot.features import decode_images
from tasks.few_shot.image_draws import ImageDraws
from training import CheckpointStore, Loop
from training.augmentation.image import ImageAugmentation
from training.meta.build import episodic_model
from training.meta.learner_options import LearnerOptions
from training.meta.learners.maml import MAMLOptions
from training.meta.learners.prototypes import PrototypeOptions
from training.meta.objective import MetaObjective
from training.options import ScheduleOptions, StepOptions
from training.schedules import schedule

IMAGE_SHAPE = (28, 28, 1)
SEED = 0
EPOCH_STEPS = 100
VALIDATION_EPISODES = 200
OUTPUT = Path("output") / "benchmarks" / "omniglot"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A learner, the episodes that it is trained on, and how long.

    Attributes:
      learner: its options.
      widths: channels of each convolution.
      way: classes of an episode.
      shot: support images of each.
      queries: query images of each.
      batch: episodes of a step.
      steps: number of steps of the outer loop.
      learning_rate: initial learning rate of the outer loop.
      clip_norm: largest norm of the outer gradient.
      is_augmented: whether each image is turned, shifted and zoomed a little.
      is_mirrored: whether each character's mirror image is one character more.
      start: name of the case whose trained weights this one begins with.
    """

    learner: LearnerOptions
    widths: tuple[int, ...]
    way: int
    shot: int
    queries: int
    batch: int
    steps: int
    learning_rate: float
    clip_norm: float | None = None
    is_augmented: bool = False
    is_mirrored: bool = False
    start: str | None = None


PROTOTYPES = Case(
    learner=PrototypeOptions(kind="prototypes"),
    widths=(32, 64, 128, 128),
    way=60,
    shot=1,
    queries=5,
    batch=1,
    steps=16_000,
    learning_rate=2e-3,
    is_augmented=True,
)
CASES = {
    "prototypes": PROTOTYPES,
    "prototypes_mirrored": replace(PROTOTYPES, steps=2800, learning_rate=1e-3, is_mirrored=True, start="prototypes"),
    # Rate, normalization and steps as in the paper, section A.1, which judges after three steps.
    "maml": Case(
        learner=MAMLOptions(kind="maml", steps=1, eval_steps=3, rate=0.4, statistics="transductive"),
        widths=(48, 48, 48, 48),
        way=5,
        shot=1,
        queries=3,
        batch=16,
        steps=20_000,
        learning_rate=2e-3,
        clip_norm=10.0,
    ),
}


@lru_cache
def drawings(split: str) -> tuple[np.ndarray, np.ndarray]:
    """(strokes 255 on 0, `[drawing, 28, 28, 1]`, character after character; drawings of each character, `[character]`)
    of "train", "eval" (held out of the background archive) or "test" (the evaluation archive)."""
    characters = [one for one in Omniglot(kind="omniglot").image_classes() if one.split == split]
    encoded = [drawing for one in characters for drawing in one.images]
    pixels = np.concatenate([decode_images(tf.constant(part), IMAGE_SHAPE) for part in np.array_split(encoded, 16)])
    return np.rint(255 * (1 - pixels)).astype(np.uint8), np.array([len(one.images) for one in characters])


def draws(split: str, *, way: int, shot: int, queries: int, is_mirrored: bool = False) -> ImageDraws:
    """Episodes of a split; those of "train" also of turned characters and, on request, of their mirror images."""
    pixels, counts = drawings(split)
    if is_mirrored:
        pixels, counts = np.concatenate([pixels, pixels[:, :, ::-1]]), np.tile(counts, 2)
    return ImageDraws(pixels, counts, way=way, shot=shot, queries=queries, is_rotated=split == "train")


def model(name: str, *, way: int, shot: int, queries: int) -> keras.Model:
    """An untrained model for episodes of a size; sizes change no weights, but for MAML's head."""
    learner, widths = CASES[name].learner, CASES[name].widths
    network = convolutions(
        image_shape=IMAGE_SHAPE,
        outputs=way,
        widths=widths,
        normalization="batch" if learner.has_running_statistics else "episode",
        has_head=learner.has_head,
    )
    return episodic_model(
        network=network,
        options=learner,
        loss="cross_entropy",
        shot=way * shot,
        queries=way * queries,
        example_shape=IMAGE_SHAPE,
        outputs=way,
    )


def load_or_train(name: str, *, way: int, shot: int, queries: int) -> keras.Model:
    """The model for episodes of a size, its weights trained as far as they still were to be."""
    case, weights = CASES[name], OUTPUT / f"{name}.npz"
    if not weights.exists():
        OUTPUT.mkdir(parents=True, exist_ok=True)
        keras.utils.set_random_seed(SEED)
        sizes = {"way": case.way, "shot": case.shot, "queries": case.queries}
        untrained = model(name, **sizes)
        if case.start is not None:
            untrained.set_weights(load_or_train(case.start, **sizes).get_weights())
        _train(name, case, untrained)
        np.savez(weights, *untrained.get_weights())
    judged = model(name, way=way, shot=shot, queries=queries)
    with np.load(weights) as arrays:
        judged.set_weights([arrays[key] for key in arrays.files])
    return judged


def training_minutes(name: str) -> float:
    """How long the training took, over all the runs that it was spread over."""
    rows = [json.loads(line) for line in (OUTPUT / f"{name}.jsonl").read_text().splitlines()]
    return sum({row["epoch"]: row["secs"] for row in rows}.values()) / 60


def _train(name: str, case: Case, untrained: keras.Model) -> None:
    sizes: dict[str, Any] = {"way": case.way, "shot": case.shot, "queries": case.queries}
    augmentation = ImageAugmentation(num_classes=case.way, rotate_degrees=15, translate=0.07, zoom=0.1, seed=SEED)
    augmentation.build((None, *IMAGE_SHAPE))
    changes: dict[str, Any] = {"augment": lambda x: augmentation(x, None, training=True)[0], "layers": [augmentation]}
    loop = Loop(
        model=untrained,
        objective=MetaObjective(loss="cross_entropy", options=case.learner, **(changes if case.is_augmented else {})),
        optimizer=keras.optimizers.Adam(case.learning_rate),
        schedule=schedule(
            ScheduleOptions(kind="cosine", warmup_epochs=0),
            peak=case.learning_rate,
            steps_per_epoch=EPOCH_STEPS,
            total_steps=case.steps,
        ),
        step=StepOptions(steps_per_execution=20, clip_norm=case.clip_norm),
        checkpoints=CheckpointStore(OUTPUT / name),
    )
    validation = draws("eval", **sizes).shuffled(case.batch, seed=SEED)(0)
    records = loop.epochs(
        train=draws("train", **sizes, is_mirrored=case.is_mirrored).shuffled(case.batch, seed=SEED),
        evaluation=validation.take(max(1, VALIDATION_EPISODES // (case.batch * 10))),
        epochs=case.steps // EPOCH_STEPS,
        steps_per_epoch=EPOCH_STEPS,
    )
    for record in records:
        secs = EPOCH_STEPS * case.batch / record.examples_per_sec
        row = {"epoch": record.epoch, "secs": secs, "train": record.train, "validation": record.evaluation}
        print(name, json.dumps(row), flush=True)
        with (OUTPUT / f"{name}.jsonl").open("a") as stream:
            stream.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    load_or_train(sys.argv[1], way=5, shot=1, queries=15)
