"""The networks of `benchmarks.ett` and their training, by the standard protocol.

`python -m benchmarks.ett_training [NAME ...]` trains networks at all horizons and seeds, from the last checkpoint on.
All choices were made by the validation part; the test part is read by `benchmarks.ett` alone.
"""

import itertools
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from data.series.windows import SeriesWindows
from models.forecasters.forecaster import ForecastShape
from models.forecasters.forecaster_options import ForecasterOptions
from models.forecasters.options import DLinearOptions, NLinearOptions
from models.forecasters.transformer_options import EncoderDecoderOptions
from tasks.forecasting.objective import ForecastObjective
from training import CheckpointStore, Loop
from training.early_stopping import EarlyStopping
from training.optimizers import optimizer
from training.options import OptimizerOptions, ScheduleOptions
from training.schedules import schedule
from training.windows import Windows

OUTPUT = Path("output") / "benchmarks" / "ett"
HORIZONS = (96, 192, 336, 720)
SEEDS = (0, 1, 2)
CHANNELS, SEASON = 7, 24
# Twelve, four and four months of thirty days.
SPLITS: dict[str, Any] = {
    "train": ("2016-07-01", "2017-06-26"),
    "eval": ("2017-06-26", "2017-10-24"),
    "test": ("2017-10-24", "2018-02-21"),
}


# As the linear models' published code trains: half the rate in each epoch after the second.
HALVING = ScheduleOptions(kind="step", step_epochs=tuple(range(2, 10)), factor=0.5, warmup_epochs=0.0)
# For larger batches: a fifth less after each epoch from the fourth on.
SLOWER = ScheduleOptions(kind="step", step_epochs=tuple(range(4, 20)), factor=0.8, warmup_epochs=0.0)
SMOOTH = ScheduleOptions(kind="cosine", warmup_epochs=0.5)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A network and how it is trained."""

    model: ForecasterOptions
    lookback: int = 336
    loss: str = "mse"
    learning_rate: float = 0.005
    batch: int = 32
    epochs: int = 6
    patience: int = 6
    schedule: ScheduleOptions = SMOOTH


# Of RLinear: two or three weeks, whichever validates better.
WEEKS = {96: 504, 192: 504, 336: 336, 720: 336}
# Of the encoder-decoder: whole days, of which the horizon is a multiple.
PATCHES = {96: 48, 192: 96, 336: 48, 720: 120}
LOOKBACKS = {96: 336, 192: 384, 336: 336, 720: 360}


def case(name: str, horizon: int) -> Case:
    """The network of a name at a horizon."""
    if name == "DLinear":
        return Case(model=DLinearOptions(kind="dlinear"), epochs=10, patience=3, schedule=HALVING)
    if name == "NLinear":
        return Case(model=NLinearOptions(kind="nlinear"), epochs=10, patience=3, schedule=HALVING)
    if name == "RLinear":
        return Case(
            model=NLinearOptions(kind="nlinear", normalization="instance", dropout=0.1),
            lookback=WEEKS[horizon],
            batch=128,
            epochs=20,
            patience=10,
            schedule=SLOWER,
        )
    return Case(
        model=EncoderDecoderOptions(
            kind="encoder_decoder",
            patch=PATCHES[horizon],
            dim=64,
            heads=4,
            hidden=64,
            dropout=0.5,
            positions="rotary",
            encoder_depth=1,
            decoder_depth=1,
        ),
        lookback=LOOKBACKS[horizon],
        loss="huber",
        learning_rate=0.001,
        batch=64,
    )


NAMES = ("DLinear", "NLinear", "RLinear", "encoder-decoder")


class Protocol:
    """ETTh1 at one look-back and horizon, scaled by the train part's mean and deviation.

    Attributes:
      values: `[row, channel]` of all three parts.
    """

    def __init__(self, *, lookback: int, horizon: int) -> None:
        self.shape = ForecastShape(lookback=lookback, horizon=horizon, channels=CHANNELS)
        self._source = SeriesWindows(
            source={"kind": "series_file", "dataset": "etth1"}, lookback=lookback, horizon=horizon, splits=SPLITS
        )
        [series] = self._source.read().series
        bounds = self._source.bounds()
        rows = {split: np.searchsorted(series.times_secs, bounds[split]) for split in SPLITS}
        train = series.values[slice(*rows["train"])]
        self.values = ((series.values - train.mean(axis=0)) / train.std(axis=0))[: rows["test"][1]]

    def starts(self, split: str) -> np.ndarray:
        """First rows of all windows of a split, at stride 1."""
        segments = self._source.segments(split)
        return np.concatenate([segment.start + np.arange(segment.windows) for segment in segments])

    def windows(self, split: str) -> Windows:
        """What the loop is given: (inputs, targets)."""
        lookback = self.shape.lookback

        def split_window(window: dict[str, tf.Tensor]) -> tuple[Any, Any]:
            values = window["values"]
            ones = tf.ones_like(values[:, lookback:])
            targets = {"future": values[:, lookback:], "observed": ones, "scale": ones[:, 0], "naive": ones[:, 0]}
            return {"history": values[:, :lookback]}, targets

        length = lookback + self.shape.horizon
        return Windows({"values": self.values}, self.starts(split), length=length, to_batch=split_window)

    def cut(self, split: str) -> tuple[np.ndarray, np.ndarray]:
        """(histories `[window, lookback, channel]`, futures `[window, horizon, channel]`)."""
        lookback = self.shape.lookback
        views = np.lib.stride_tricks.sliding_window_view(self.values, lookback + self.shape.horizon, axis=0)
        windows = views[self.starts(split)].transpose(0, 2, 1)
        return windows[:, :lookback], windows[:, lookback:]


def load_or_train(name: str, horizon: int, seed: int) -> keras.Model:
    """The model with the weights of its best epoch on the validation part; trained as far as it still was to be."""
    chosen = case(name, horizon)
    protocol = Protocol(lookback=chosen.lookback, horizon=horizon)
    run = OUTPUT / f"{name}-{horizon}-{seed}"
    weights = run.with_suffix(".npz")
    keras.utils.set_random_seed(seed)
    model = chosen.model.build(protocol.shape)
    if not weights.exists():
        OUTPUT.mkdir(parents=True, exist_ok=True)
        _train(chosen, model, protocol, seed, run)
        np.savez(weights, *model.get_weights())
    with np.load(weights) as arrays:
        model.set_weights([arrays[key] for key in arrays.files])
    return model


def _train(chosen: Case, model: keras.Model, protocol: Protocol, seed: int, run: Path) -> None:
    train, evaluation = protocol.windows("train"), protocol.windows("eval")
    steps = len(train.starts) // chosen.batch
    loop = Loop(
        model=chosen.model.training_model(model, protocol.shape),
        objective=ForecastObjective(chosen.loss, (0.5,)),
        optimizer=optimizer(OptimizerOptions(weight_decay=0.0), learning_rate=chosen.learning_rate),
        schedule=schedule(
            chosen.schedule, peak=chosen.learning_rate, steps_per_epoch=steps, total_steps=chosen.epochs * steps
        ),
        early_stopping=EarlyStopping(patience=chosen.patience),
        checkpoints=CheckpointStore(run),
    )
    records = loop.epochs(
        train=train.shuffled(chosen.batch, seed=seed, steps_per_epoch=steps),
        evaluation=evaluation.batches(256),
        epochs=chosen.epochs,
        steps_per_epoch=steps,
    )
    for record in records:
        secs = steps * chosen.batch / record.examples_per_sec
        row = {"epoch": record.epoch, "secs": secs, "train": record.train, "validation": record.evaluation}
        print(run.name, json.dumps(row), flush=True)
        with run.with_suffix(".jsonl").open("a") as stream:
            stream.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    for asked in itertools.product(sys.argv[1:] or NAMES, HORIZONS, SEEDS):
        load_or_train(*asked)
        keras.backend.clear_session()
