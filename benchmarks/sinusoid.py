"""Few-shot regression against what the CAVIA paper reports, and what its inner loop costs.

Protocol: Zintgraf et al., "Fast Context Adaptation via Meta-Learning", ICML 2019, section 5.1 and table 1; see
`benchmarks.sinusoid_training`, which keeps what it trained below `output/`.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import benchmarks.sinusoid_training as training
from benchmarks.figures import Figure, main
from tasks.loading import TaskSpec
from training.meta.build import PREDICTIONS
from training.meta.learner import LEARNER
from training.meta.objective import MetaObjective
from training.step import TrainStep

SEEDS = (0, 1, 2)
# Name and published error. MAML at the protocol's inner rate, 0.1; and at that which validation tasks prefer, 0.01.
PUBLISHED = {
    "cavia_5": ("CAVIA, 5 context parameters", 0.19),
    "cavia_2": ("CAVIA, 2 context parameters", 0.21),
    "maml": ("MAML, inner rate 0.1", 0.33),
    "maml_tuned": ("MAML, inner rate 0.01", 0.33),
    "maml_5_inputs": ("MAML, inner rate 0.01, 5 extra inputs", 0.23),
}
# Of the speeds, that many rounds in turn; the median counts.
ROUNDS, ITERATIONS = 5, 500
# Along unit vectors of weights; so short that next to no unit is switched on or off on the way.
DIFFERENCE_STEP = 1e-7
DIRECTIONS = 10


def errors() -> list[Figure]:
    """Mean squared error after one inner step, the mean over seeds; beside them the joint pre-training."""
    found = {learner: [training.results(learner, seed) for seed in SEEDS] for learner in (*PUBLISHED, "fine_tuning")}
    means = {learner: statistics.mean(run["mse"][1] for run in runs) for learner, runs in found.items()}
    tuned = statistics.mean(run["mse"][-1] for run in found["fine_tuning"])
    for learner, runs in found.items():
        rounded = [[round(error, 3) for error in run["mse"]] for run in runs]
        print(f"{learner}: error after each inner step, by seed: {rounded}")
    return [
        *(
            Figure(f"{name}: mean squared error", means[learner], bar, "<=")
            for learner, (name, bar) in PUBLISHED.items()
        ),
        Figure(
            f"joint training, then {training.FINE_TUNING_STEPS} steps of fine-tuning: error over CAVIA's",
            tuned / means["cavia_5"],
            1.0,
            ">=",
        ),
    ]


def _step(is_vectorized: bool) -> tuple[TrainStep, Iterator[Any], float]:
    """MAML's training step, its batches, and the seconds until its first step was done."""
    keras.utils.set_random_seed(0)
    model = training.model("maml")
    model.get_layer(LEARNER).is_vectorized = is_vectorized
    step = training.loop("maml", trained=model).step
    batches = iter(training.batches(0))
    start = time.perf_counter()
    step.train(batches, 1)
    return step, batches, time.perf_counter() - start


def speeds() -> list[Figure]:
    """Meta-iterations a second of tasks side by side, and of tasks one after the other in one graph, in turn."""
    # The first trace of a process also loads what every later one finds loaded.
    _step(is_vectorized=True)
    made = {is_vectorized: _step(is_vectorized) for is_vectorized in (True, False)}
    rates: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(ROUNDS):
        for is_vectorized, (step, batches, _) in made.items():
            start = time.perf_counter()
            step.train(batches, ITERATIONS)
            rates[is_vectorized].append(ITERATIONS / (time.perf_counter() - start))
    vectorized, unrolled = (statistics.median(rates[kind]) for kind in (True, False))
    print(
        f"meta-iterations/s: {vectorized:.0f} side by side, {unrolled:.0f} unrolled (traced in {made[False][2]:.1f} s)"
    )
    return [
        Figure("MAML, 25 tasks: meta-iterations/s, vectorized over unrolled", vectorized / unrolled, 1.7, ">="),
        Figure("MAML, 25 tasks: seconds to trace", made[True][2], 2.0, "<="),
    ]


def _gradients(model: keras.Model, batch: object) -> np.ndarray:
    objective = MetaObjective(loss="mse", options=training.LEARNERS["maml"])
    values = [variable.value for variable in model.trainable_variables]
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(objective(model, batch, training=True)[0])
    return np.concatenate([np.ravel(gradient) for gradient in tape.gradient(loss, values)])


def gradients() -> list[Figure]:
    """Gradients of both ways against each other, and the second-order one against finite differences in float64."""
    keras.utils.set_random_seed(0)
    model = training.model("maml")
    batch = training.episodes(tf.constant(0, tf.int64))
    together = _gradients(model, batch)
    model.get_layer(LEARNER).is_vectorized = False
    difference = np.abs(together - _gradients(model, batch)).max() / np.abs(together).max()
    return [
        Figure("gradients, vectorized against unrolled: largest difference, relative", float(difference), 1e-6, "<="),
        Figure(
            "second-order gradient against central finite differences, float64: relative error",
            _difference_error(),
            1e-6,
            "<=",
        ),
    ]


def _difference_error() -> float:
    """Along the gradient itself and random directions of the whole network's weights."""
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    try:
        keras.utils.set_random_seed(0)
        model = training.model("maml")
        batch = tf.nest.map_structure(
            lambda value: tf.cast(value, tf.float64), training.episodes(tf.constant(0, tf.int64))
        )
        gradient = _gradients(model, batch)
        objective = MetaObjective(loss="mse", options=training.LEARNERS["maml"])
        start = [variable.numpy() for variable in model.trainable_variables]
        random = np.random.default_rng(0)
        found, expected = [], []
        directions = [gradient, *random.normal(size=(DIRECTIONS, len(gradient)))]
        for flat in (direction / np.linalg.norm(direction) for direction in directions):
            parts = np.split(flat, np.cumsum([value.size for value in start])[:-1])
            direction = [part.reshape(value.shape) for part, value in zip(parts, start, strict=True)]
            around = []
            for sign in (1, -1):
                for variable, value, along in zip(model.trainable_variables, start, direction, strict=True):
                    variable.assign(value + sign * DIFFERENCE_STEP * along)
                around.append(float(tf.reduce_mean(objective(model, batch, training=True)[0])))
            expected.append((around[0] - around[1]) / (2 * DIFFERENCE_STEP))
            found.append(gradient @ flat)
        return float(np.linalg.norm(np.subtract(found, expected)) / np.linalg.norm(expected))
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")


def serve() -> list[Figure]:
    """The SavedModel's signature that adapts against the trained model in Python, on new tasks."""
    options = {
        "source": {"kind": "sinusoids"},
        "queries": training.TEST_POINTS,
        "learner": {"kind": "cavia", "context": 5},
    }
    task = TaskSpec(task="tasks.few_shot.regression.FewShotRegression", options=options).load()
    model = task.load_model(str(training.OUTPUT / "cavia_5-0.keras"))
    episodes, _ = training.episodes(tf.constant(7, tf.int64))
    query = tf.tile(tf.linspace(-5.0, 5.0, training.TEST_POINTS)[None, :, None], [training.TASKS, 1, 1])
    expected = model({**episodes, "query_x": query})[PREDICTIONS][:, 1]
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("adapt_and_predict", *task.endpoints(model)["adapt_and_predict"])
    with tempfile.TemporaryDirectory() as directory:
        archive.write_out(str(Path(directory) / "model"), verbose=False)
        serve = tf.saved_model.load(str(Path(directory) / "model")).signatures["adapt_and_predict"]
        found = serve(support_x=episodes["support_x"], support_y=episodes["support_y"], query_x=query)["prediction"]
    difference = float(tf.reduce_max(tf.abs(found - expected)))
    return [Figure("adapted predictions, served against Python: largest difference", difference, 1e-5, "<=")]


def measure() -> Sequence[Figure]:
    """Trains what is not trained yet, then measures."""
    return [*errors(), *speeds(), *gradients(), *serve()]


if __name__ == "__main__":
    main("sinusoid", measure, seed=SEEDS[0])
