"""A retraining for a process of its own: `python distributed.py STRATEGY KIND OUT`.

Two virtual CPUs for `mirrored`. Writes the weights of what `sparse` gives, or the ranges of `aware` on each device.
"""

import sys

import numpy as np
import small
import tensorflow as tf

from compression.changes.clustering import Clustering
from compression.changes.finetuning import finetune
from compression.changes.pruning import Pruning
from compression.quantization_aware.fake_quantize import FakeQuantize
from compression.quantization_aware.model import quantization_aware
from compression.recipe import ClusteringOptions, PruningOptions, QuantizationAwareOptions
from training.distribution import strategy
from training.options import DistributionOptions, ScheduleOptions, TrainOptions

name, kind, out = sys.argv[1:]
if name == "mirrored":
    [cpu] = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
where = strategy(DistributionOptions(strategy=name))
with where.scope():
    model = small.model()
    hooks = []
    if kind == "sparse":
        hooks = [
            Pruning(model, PruningOptions(sparsity=0.5, end=0.5), total_steps=20),
            Clustering(model, ClusteringOptions(clusters=3), begin_step=10),
        ]
    else:
        sample = {"x": np.random.default_rng(2).normal(size=(8, 4)).astype(np.float32)}
        model = quantization_aware(model, QuantizationAwareOptions(), sample)
    finetune(
        model,
        small.objective(),
        TrainOptions(epochs=4, learning_rate=0.01, schedule=ScheduleOptions(warmup_epochs=0)),
        train=small.batches().repeat(),
        evaluation=small.batches(seed=1),
        steps_per_epoch=small.STEPS_PER_EPOCH,
        hooks=hooks,
        strategy=where,
    )
for hook in hooks:
    hook.finish()
if kind == "sparse":
    np.savez(out, *model.get_weights())
else:
    points = [layer for layer in model.layers if isinstance(layer, FakeQuantize)]
    ranges = [where.experimental_local_results(end.value) for point in points for end in (point.low, point.high)]
    np.savez(out, *np.array([[float(value) for value in values] for values in ranges]).T)
