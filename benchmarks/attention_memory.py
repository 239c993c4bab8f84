"""Peak memory of a train step of four transformer blocks, by the length of what they look back on: all keys at once, in
chunks, with recomputation and in bfloat16.

Each measurement is a process of its own: what the step adds to the process's highest memory. `python -m
benchmarks.attention_memory LOOKBACK VARIANT` is one.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from benchmarks.figures import Figure, main
from models.forecasters.transformer_blocks import Block, BlockStyle
from models.layers.attention import attend, attend_in_chunks

LOOKBACKS = (512, 2048, 8192)
DIM, HEADS, DEPTH, CHUNK = 64, 2, 4, 256
# What is asked of chunks at the longest look-back; elsewhere that no way costs memory. At short look-backs chunks do:
# they keep more than the scores that they save.
CHUNKED_BAR = 0.25
BAR = 1.0
VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "chunked": {"chunk": CHUNK},
    "recomputed": {"is_recomputed": True},
    "chunked and recomputed": {"chunk": CHUNK, "is_recomputed": True},
    "bfloat16": {"precision": "mixed_bfloat16"},
}


def step_bytes(lookback: int, variant: str) -> int:
    """What one train step adds to this process's highest memory."""
    options = dict(VARIANTS[variant])
    keras.config.set_dtype_policy(options.pop("precision", "float32"))
    series = keras.Input((lookback, DIM))
    x = series
    for number in range(DEPTH):
        x = Block(BlockStyle(heads=HEADS, hidden=4 * DIM, **options), name=f"block_{number}")(x)
    model = keras.Model(series, x)

    @tf.function
    def step(batch: tf.Tensor) -> list[tf.Tensor]:
        variables = [variable.value for variable in model.trainable_variables]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(variables)
            loss = tf.reduce_mean(tf.square(tf.cast(model(batch), tf.float32)))
        return tape.gradient(loss, variables)

    graph = step.get_concrete_function(tf.TensorSpec([1, lookback, DIM]))
    batch = tf.constant(np.random.default_rng(0).normal(size=(1, lookback, DIM)), tf.float32)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for gradient in graph(batch):
        gradient.numpy()
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024


def difference() -> float:
    """The largest between the outputs of both ways at the longest look-back."""
    rng = np.random.default_rng(0)
    query, key, value = (tf.constant(rng.normal(size=(1, 1, LOOKBACKS[-1], 16)), tf.float32) for _ in range(3))
    chunked = tf.function(lambda: attend_in_chunks(query, key, value, chunk=CHUNK))()
    return float(tf.reduce_max(tf.abs(chunked - attend(query, key, value))))


def measure() -> Sequence[Figure]:
    """Each in a process of its own."""
    found = {}
    for lookback in LOOKBACKS:
        for variant in VARIANTS:
            command = [sys.executable, "-m", "benchmarks.attention_memory", str(lookback), variant]
            output = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
            found[lookback, variant] = json.loads(output.splitlines()[-1])
            print(f"{lookback} {variant}: {found[lookback, variant] / 1e6:,.0f} MB", flush=True)
    figures = [
        Figure(
            f"{lookback}, {variant}: peak memory over plain",
            found[lookback, variant] / found[lookback, "plain"],
            CHUNKED_BAR if lookback == LOOKBACKS[-1] and "chunk" in VARIANTS[variant] else BAR,
            "<=",
        )
        for lookback in LOOKBACKS
        for variant in list(VARIANTS)[1:]
    ]
    return [*figures, Figure(f"{LOOKBACKS[-1]}: largest difference of outputs", difference(), 1e-5, "<=")]


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1].isdigit():
        print(step_bytes(int(sys.argv[1]), sys.argv[2]))
    else:
        main("attention_memory", measure, seed=0)
