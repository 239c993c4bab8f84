"""A retraining for a process of its own that prints its steps: `python killable.py CHECKPOINTS OUT KILL_AT KIND`.

Everything that keeps state is in it: of `sparse`, the masks and their share, then the clusters; of `aware`, the ranges
of activations. From step KILL_AT on it dawdles.
"""

import sys
import time

import numpy as np
import small

from compression.changes.clustering import Clustering
from compression.changes.finetuning import finetune
from compression.changes.pruning import Pruning
from compression.quantization_aware.model import for_conversion, quantization_aware
from compression.recipe import ClusteringOptions, PruningOptions, QuantizationAwareOptions
from training import CheckpointStore
from training.options import CheckpointOptions, ScheduleOptions, StepOptions, TrainOptions

directory, out, kill_at, kind = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
EPOCHS = 6
STEPS = EPOCHS * small.STEPS_PER_EPOCH


class Pace(small.Hook):
    def on_steps(self, record):
        print(record.step, flush=True)
        if record.step >= kill_at:
            time.sleep(0.5)


model = small.model(dropout=0.3, normalized=True)
hooks = []
if kind == "sparse":
    hooks = [
        Pruning(model, PruningOptions(sparsity=0.5, end=0.5), total_steps=STEPS),
        Clustering(model, ClusteringOptions(clusters=3), begin_step=STEPS // 2),
    ]
else:
    sample = {"x": np.random.default_rng(2).normal(size=(8, 4)).astype(np.float32)}
    model = quantization_aware(model, QuantizationAwareOptions(), sample)
options = TrainOptions(
    epochs=EPOCHS,
    learning_rate=0.01,
    schedule=ScheduleOptions(warmup_epochs=0),
    step=StepOptions(steps_per_execution=2),
    checkpoints=CheckpointOptions(every_secs=1e-9),
)
finetune(
    model,
    small.objective(),
    options,
    train=small.batches().repeat(),
    evaluation=small.batches(seed=1),
    steps_per_epoch=small.STEPS_PER_EPOCH,
    hooks=[*hooks, Pace()],
    checkpoints=CheckpointStore(directory) if directory != "-" else None,
)
for hook in hooks:
    hook.finish()
np.savez(out, *(model if hooks else for_conversion(model)).get_weights())
