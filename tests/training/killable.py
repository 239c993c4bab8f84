"""A training for a process of its own that prints its steps: `python killable.py CHECKPOINTS OUT KILL_AT`.

Everything that keeps state is in it: dropout, normalization, augmentation, momentum, schedule, average, best weights.
From step KILL_AT on it dawdles.
"""

import sys
import time

import keras
import numpy as np
import small

from training import CheckpointStore, EarlyStopping
from training.optimizers import optimizer
from training.options import OptimizerOptions, ScheduleOptions, StepOptions
from training.schedules import schedule

directory, out, kill_at = sys.argv[1], sys.argv[2], int(sys.argv[3])
model = small.model(dropout=0.3, normalized=True)
noise = keras.layers.GaussianNoise(0.1, seed=1)


class Pace(small.Hook):
    def on_steps(self, record):
        print(record.step, flush=True)
        if record.step >= kill_at:
            time.sleep(0.5)


loop = small.loop(
    model,
    objective=small.objective(augment=lambda x, y: ({"x": noise(x["x"], training=True)}, y), layers=[noise]),
    optimizer=optimizer(OptimizerOptions(kind="adam", weight_decay=0.01), learning_rate=0.01),
    schedule=schedule(ScheduleOptions(warmup_epochs=1), peak=0.01, steps_per_epoch=5, total_steps=30),
    step=StepOptions(steps_per_execution=2, clip_norm=1.0, ema=0.9),
    early_stopping=EarlyStopping(patience=4),
    checkpoints=CheckpointStore(directory) if directory != "-" else None,
    checkpoint_every_secs=1e-9,
    hooks=[Pace()],
)
small.train(loop, epochs=6)
np.savez(out, *model.get_weights())
