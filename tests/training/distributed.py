"""A training for processes of their own: `python distributed.py STRATEGY OUT [CHECKPOINTS [KILL_AT [TERM_AT]]]`.

One process with two virtual CPUs for `mirrored`, one of two workers that TF_CONFIG names for `multi_worker`. Writes the
final weights, the last epoch's losses and the gradients of a step. With KILL_AT, it dies at that step if it is not the
chief; with TERM_AT, it tells the process that started it to end if it is the chief.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import small
import tensorflow as tf

from training import CheckpointStore
from training.distribution import is_chief, serve_forever, strategy
from training.options import DistributionOptions, OptimizerOptions, StepOptions


class AskForGradients(small.Hook):
    """Of the first step."""

    def on_train_begin(self, loop):
        self.gradients = {}
        loop.request_gradients()

    def on_steps(self, record):
        self.gradients = self.gradients or record.gradients


class SignalAt(small.Hook):
    """Sends a process a signal, at a step."""

    def __init__(self, step: int, pid: int, number: signal.Signals) -> None:
        self._step, self._pid, self._number = step, pid, number

    def on_steps(self, record):
        if record.step >= self._step:
            os.kill(self._pid, self._number)
            # What is sent to another process may be passed on to this one.
            time.sleep(0.5)


def train(name: str, out: str, directory: str = "", kill_at: str = "", term_at: str = "") -> None:
    """Trains, as one of those that the strategy of this name takes."""
    if name == "mirrored":
        [cpu] = tf.config.list_physical_devices("CPU")
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    if name == "parameter_server" and json.loads(os.environ["TF_CONFIG"])["task"]["type"] != "chief":
        serve_forever()
    where = strategy(DistributionOptions(strategy=name))
    asked = AskForGradients()
    hooks = [asked]
    if kill_at and not is_chief(where):
        hooks.append(SignalAt(int(kill_at), os.getpid(), signal.SIGKILL))
    if term_at and is_chief(where):
        hooks.append(SignalAt(int(term_at), os.getppid(), signal.SIGTERM))
    with where.scope():
        model = small.model()
        made = small.optimizer(OptimizerOptions(kind="adam", weight_decay=0.01), learning_rate=0.01)
        loop = small.loop(
            model,
            optimizer=made,
            strategy=where,
            step=StepOptions(steps_per_execution=2, clip_norm=1.0, accumulate=2, ema=0.9),
            checkpoints=CheckpointStore(directory) if directory else None,
            checkpoint_every_secs=1e-9,
            hooks=hooks,
        )
    records = small.train(loop, epochs=4)
    if is_chief(where):
        np.savez(out, *model.get_weights())
        np.savez(f"{out}.gradients.npz", *asked.gradients.values())
        last = records[-1]
        told = {"train": last.train["loss"], "evaluation": last.evaluation["loss"], "epochs": len(records)}
        Path(f"{out}.json").write_text(json.dumps(told))


if __name__ == "__main__":
    train(*sys.argv[1:])
