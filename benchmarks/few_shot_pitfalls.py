"""What goes wrong in few-shot learning, by experiment: what a first-order gradient, another inner rate, and a
normalization that lets queries see each other cost.

Bars are what docs/few_shot.md says. The first two on sinusoids (`benchmarks.sinusoid_training`, one seed), the last on
Omniglot's evaluation characters by the MAML of `benchmarks.omniglot`, which needs the archives.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

import benchmarks.omniglot_training as omniglot
import benchmarks.sinusoid_training as sinusoid
from benchmarks.figures import Figure, main
from training.meta.learner import LEARNER

SEED = 0
EPISODES, TOGETHER, WAY, QUERIES = 500, 10, 5, 15
TEST_SEED = 7
PROTOCOL_RATE = 0.1


def error(learner: str) -> float:
    """Mean squared error on new sinusoids after one inner step."""
    mse = sinusoid.results(learner, SEED)["mse"][1]
    print(f"{learner}: {mse:.3f}", flush=True)
    return mse


def leak() -> dict[str, float]:
    """Accuracy of a MAML that normalizes queries by each other, by which queries come together."""
    learner = omniglot.load_or_train("maml", way=WAY, shot=1, queries=QUERIES).get_layer(LEARNER)
    last = learner.options.last_step

    @tf.function(reduce_retracing=True)
    def choose(episodes: Mapping[str, tf.Tensor]) -> tf.Tensor:
        return tf.argmax(learner.predictions(episodes, steps=[last])[:, 0], axis=-1, output_type=tf.int32)

    # A draw holds queries class after class.
    together = {
        "of all classes": slice(None),
        "of one class": slice(0, QUERIES),
        "alone": slice(0, 1),
    }
    found: dict[str, list[float]] = {name: [] for name in together}
    draws = omniglot.draws("test", way=WAY, shot=1, queries=QUERIES).shuffled(TOGETHER, seed=TEST_SEED)(0)
    for episodes, targets in draws.take(EPISODES // TOGETHER):
        for name, part in together.items():
            hits = choose({**episodes, "query_x": episodes["query_x"][:, part]}) == targets["query_y"][:, part]
            found[name].append(float(np.mean(hits)))
    return {name: float(np.mean(values)) for name, values in found.items()}


def measure() -> Sequence[Figure]:
    """Trains what is not trained yet."""
    second = error("maml")
    figures = [
        Figure("sinusoid: first-order error over second-order", error("maml_first_order") / second, 1.0, ">="),
        *(
            Figure(
                f"sinusoid: error at inner rate {rate} over that at 0.1",
                error(f"maml_rate_{rate}") / second,
                1.0,
                "<=" if rate < PROTOCOL_RATE else ">=",
            )
            for rate in sinusoid.INNER_RATES
        ),
    ]
    accuracies = leak()
    print({name: round(value, 4) for name, value in accuracies.items()})
    for name in ("of one class", "alone"):
        lost = accuracies["of all classes"] - accuracies[name]
        figures.append(Figure(f"Omniglot, transductive: accuracy lost with queries {name}", lost, 0.0, ">="))
    return figures


if __name__ == "__main__":
    main("few_shot_pitfalls", measure, seed=SEED)
