"""Few-shot learning on Omniglot: trained on the background archive's characters with rotations, judged on 1,000
episodes of the evaluation archive's characters.

Needs the official archives (`slipway data fetch omniglot`, or $SLIPWAY_DATA_DIR/omniglot). See
`benchmarks.omniglot_training`, which keeps what it trained below `output/` and goes on from its last checkpoint.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

import benchmarks.omniglot_training as training
from benchmarks.figures import Figure, main
from training.meta.build import PREDICTIONS

EPISODES, QUERIES = 1000, 15
# The best learner on held-out background characters, and (way, shot) to its bar.
BEST = "prototypes_mirrored"
BARS = {(5, 1): 0.987, (5, 5): 0.995, (20, 1): 0.958}
MAML_MINUTES = 120
# Of the draw; that of the held-out characters has another.
TEST_SEED = 20261124
JUDGED_TOGETHER = 10


def accuracies(name: str, split: str, *, way: int, shot: int, queries: int = QUERIES) -> np.ndarray:
    """Of each of 1,000 episodes, after each inner step: `[episode, step]`."""
    sizes: dict[str, Any] = {"way": way, "shot": shot, "queries": queries}
    model = training.load_or_train(name, **sizes)
    batches = training.draws(split, **sizes).shuffled(JUDGED_TOGETHER, seed=TEST_SEED)(0)
    found = []
    for episodes, targets in batches.take(EPISODES // JUDGED_TOGETHER):
        chosen = np.argmax(model.predict_on_batch(episodes)[PREDICTIONS], axis=-1)
        found.append(np.mean(chosen == targets["query_y"].numpy()[:, None], axis=-1))
    return np.concatenate(found)


def accuracy(name: str, split: str, *, way: int, shot: int) -> float:
    """The mean after the last inner step; printed with its 95 % interval."""
    last = accuracies(name, split, way=way, shot=shot)[:, -1]
    interval = 1.96 * last.std(ddof=1) / math.sqrt(len(last))
    print(f"{name}, {way}-way {shot}-shot, {split}: {last.mean():.4f} ± {interval:.4f}", flush=True)
    return float(last.mean())


def measure() -> Sequence[Figure]:
    """Trains what is not trained yet, then looks at the evaluation characters."""
    figures = [
        Figure(f"{way}-way {shot}-shot, prototypes", accuracy(BEST, "test", way=way, shot=shot), bar, ">=")
        for (way, shot), bar in BARS.items()
    ]
    return [
        *figures,
        Figure("5-way 1-shot, MAML", accuracy("maml", "test", way=5, shot=1), 0.96, ">="),
        Figure("MAML: minutes of training", training.training_minutes("maml"), MAML_MINUTES, "<="),
    ]


if __name__ == "__main__":
    main("omniglot", measure, seed=training.SEED)
