"""Meta-learners on sinusoids and their training, for the benchmark: the protocol of Zintgraf et al., "Fast Context
Adaptation via Meta-Learning" (CAVIA), ICML 2019, section 5.1.

`python -m benchmarks.sinusoid_training LEARNER SEED` trains one; one that was trained is read back.
"""

import json
import math
import sys
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from models.few_shot.networks import perceptron
from training import Loop
from training.meta.build import PREDICTIONS, episodic_model
from training.meta.learners.cavia import CAVIAOptions
from training.meta.learners.fine_tuning import FineTuningOptions
from training.meta.learners.maml import MAMLOptions
from training.meta.objective import MetaObjective
from training.options import ScheduleOptions, StepOptions
from training.schedules import schedule

SHOT = 10
TASKS = 25
ITERATIONS = 50_000
LEARNING_RATE, TUNED_LEARNING_RATE = 0.003, 0.006
TEST_TASKS, TEST_POINTS, TEST_SEED = 1000, 100, -20261124
FINE_TUNING_STEPS = 10
# Beside the protocol's 0.1, of MAML.
INNER_RATES = (0.001, 0.01, 0.3)
OUTPUT = Path("output") / "benchmarks" / "sinusoid"
LEARNERS: dict[str, Any] = {
    "cavia_5": CAVIAOptions(kind="cavia", context=5),
    "cavia_2": CAVIAOptions(kind="cavia", context=2),
    "maml": MAMLOptions(kind="maml", rate=0.1),
    "maml_tuned": MAMLOptions(kind="maml", rate=0.01),
    "maml_5_inputs": MAMLOptions(kind="maml", rate=0.01),
    "maml_first_order": MAMLOptions(kind="maml", rate=0.1, is_first_order=True),
    **{f"maml_rate_{rate}": MAMLOptions(kind="maml", rate=rate) for rate in INNER_RATES},
    "fine_tuning": FineTuningOptions(kind="fine_tuning", steps=1, eval_steps=FINE_TUNING_STEPS, rate=0.01),
}
EXTRA_INPUTS = {"maml_5_inputs": 5}
# Inner and outer rate of these were chosen on validation tasks; the protocol has an inner rate of 0.1.
TUNED = ("maml_tuned", "maml_5_inputs")


def model(learner: str, *, queries: int = SHOT) -> keras.Model:
    """An untrained network of two layers of 40 units with its learner."""
    options = LEARNERS[learner]
    return episodic_model(
        network=perceptron(
            inputs=1,
            outputs=1,
            widths=(40, 40),
            context=getattr(options, "context", 0),
            extra_inputs=EXTRA_INPUTS.get(learner, 0),
        ),
        options=options,
        loss="mse",
        shot=SHOT,
        queries=queries,
        example_shape=(1,),
        outputs=1,
    )


def episodes(seed: tf.Tensor | int, *, tasks: int = TASKS) -> tuple[dict[str, tf.Tensor], dict[str, tf.Tensor]]:
    """New tasks with ten support and ten query points each: `(episodes, targets)`; runs inside a graph."""
    stream = [tf.stack([tf.cast(seed, tf.int64), stream]) for stream in range(3)]
    amplitude = tf.random.stateless_uniform([tasks, 1, 1], stream[0], 0.1, 5.0)
    phase = tf.random.stateless_uniform([tasks, 1, 1], stream[1], 0.0, math.pi)
    x = tf.random.stateless_uniform([tasks, 2 * SHOT, 1], stream[2], -5.0, 5.0)
    y = amplitude * tf.sin(x - phase)
    ones = tf.ones([tasks, SHOT])
    support = {"support_x": x[:, :SHOT], "support_y": y[:, :SHOT], "support_weight": ones}
    return {**support, "query_x": x[:, SHOT:]}, {"query_y": y[:, SHOT:], "query_weight": ones}


def batches(seed: int) -> tf.data.Dataset:
    """Batches of new tasks without end; those of two seeds never meet."""
    first = seed * 1_000_003
    return tf.data.Dataset.range(first, tf.int64.max).map(episodes, num_parallel_calls=1).prefetch(64)


def loop(learner: str, *, trained: keras.Model, steps_per_execution: int = 500) -> Loop:
    """Adam, with a rate that falls to zero along a cosine: the protocol names the inner rates alone."""
    learning_rate = TUNED_LEARNING_RATE if learner in TUNED else LEARNING_RATE
    return Loop(
        model=trained,
        objective=MetaObjective(loss="mse", options=LEARNERS[learner]),
        optimizer=keras.optimizers.Adam(learning_rate),
        schedule=schedule(
            ScheduleOptions(kind="cosine", warmup_epochs=0),
            peak=learning_rate,
            steps_per_epoch=1000,
            total_steps=ITERATIONS,
        ),
        step=StepOptions(steps_per_execution=steps_per_execution),
    )


def test_errors(trained: keras.Model) -> np.ndarray:
    """Mean squared errors of 1,000 tasks that no training saw, on 100 even points of the range, `[task, step]`."""
    (support, _), random = episodes(TEST_SEED, tasks=TEST_TASKS), np.random.default_rng(-TEST_SEED)
    amplitude = random.uniform(0.1, 5.0, (TEST_TASKS, 1, 1)).astype(np.float32)
    phase = random.uniform(0.0, np.pi, (TEST_TASKS, 1, 1)).astype(np.float32)
    query = np.tile(np.linspace(-5, 5, TEST_POINTS, dtype=np.float32)[None, :, None], (TEST_TASKS, 1, 1))
    inputs = {name: value.numpy() for name, value in support.items()}
    inputs |= {"support_y": amplitude * np.sin(inputs["support_x"] - phase), "query_x": query}
    predicted = trained(inputs)[PREDICTIONS].numpy()
    return np.mean((predicted - (amplitude * np.sin(query - phase))[:, None]) ** 2, axis=(2, 3))


def results(learner: str, seed: int) -> dict[str, Any]:
    """`{"mse": [after each inner step], "ci95": […], "secs": …}`; trains where nothing was kept."""
    path = OUTPUT / f"{learner}-{seed}.json"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(_train(learner, seed)))
    return json.loads(path.read_text())


def _train(learner: str, seed: int) -> dict[str, Any]:
    keras.utils.set_random_seed(seed)
    untrained = model(learner)
    start = time.perf_counter()
    every = 1000
    trained = loop(learner, trained=untrained)
    records = trained.epochs(
        train=batches(seed), evaluation=batches(-1 - seed).take(4), epochs=ITERATIONS // every, steps_per_epoch=every
    )
    for record in records:
        if record.epoch % 10 == 0:
            print(f"{learner}, seed {seed}, {record.step} iterations: {record.train}", flush=True)
    secs = time.perf_counter() - start
    judged = model(learner, queries=TEST_POINTS)
    judged.set_weights(untrained.get_weights())
    judged.save(OUTPUT / f"{learner}-{seed}.keras")
    errors = test_errors(judged)
    interval = 1.96 * errors.std(axis=0, ddof=1) / math.sqrt(len(errors))
    return {"mse": errors.mean(axis=0).tolist(), "ci95": interval.tolist(), "secs": secs}


if __name__ == "__main__":
    print(results(sys.argv[1], int(sys.argv[2])))
