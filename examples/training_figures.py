"""Draws the figures of docs/training.md: `python examples/training_figures.py [FOLDER]`.

Needs no data from outside; a Chromium or Chrome, on the path or named in SLIPWAY_CHROMIUM, turns the charts into PNGs.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import keras
import numpy as np
import plotly.graph_objects as go
import sklearn.datasets
import tensorflow as tf
from playwright.sync_api import sync_playwright
from plotly.subplots import make_subplots

from training import EpochRecord, GapRatioGuard, Hook, Loop, StepsRecord, SupervisedObjective
from training.losses import CrossEntropy
from training.optimizers import optimizer
from training.options import GapRatioOptions, OptimizerOptions, RecoveryOptions, ScheduleOptions, StepOptions
from training.schedules import schedule

BLUE, ORANGE, RED, GREY = "#2563eb", "#ea580c", "#dc2626", "#64748b"
BATCH_SIZE = 32


def schedules() -> go.Figure:
    """Each kind over forty epochs, two of them warm-up."""
    shapes = {
        "constant": {},
        "cosine": {},
        "cosine_restarts": {"restart_epochs": 6},
        "polynomial": {"power": 2.0},
        "exponential": {"decay_rate": 0.9},
        "step": {"step_epochs": (15, 30)},
        "one_cycle": {},
    }
    figure = make_subplots(rows=2, cols=4, subplot_titles=list(shapes), vertical_spacing=0.18)
    steps = np.arange(0, 4000, 10)
    for index, (kind, shape) in enumerate(shapes.items()):
        made = schedule(ScheduleOptions(kind=kind, **shape), peak=0.01, steps_per_epoch=100, total_steps=4000)
        rates = [float(made(step)) for step in steps]
        where = {"row": index // 4 + 1, "col": index % 4 + 1}
        figure.add_trace(go.Scatter(x=steps / 100, y=rates, line={"color": BLUE}, showlegend=False), **where)
    figure.update_xaxes(title="epoch")
    figure.update_yaxes(range=[0, 0.0105])
    return figure


def _digits(count: int, *, shuffled_share: float) -> tf.data.Dataset:
    """So many of scikit-learn's digits, some with a label of another; without end."""
    digits = sklearn.datasets.load_digits()
    random = np.random.default_rng(0)
    labels = digits.target[:count].copy()
    wrong = random.random(count) < shuffled_share
    labels[wrong] = random.integers(0, 10, wrong.sum())
    pixels = (digits.data[:count] / 16).astype(np.float32)
    return tf.data.Dataset.from_tensor_slices(({"pixels": pixels}, labels)).batch(BATCH_SIZE, drop_remainder=True)


def _loop(*, learning_rate: float, steps_per_execution: int = 16, **options: object) -> Loop:
    keras.utils.set_random_seed(0)
    pixels = keras.Input((64,), name="pixels")
    hidden = keras.layers.Dense(256, activation="relu")(pixels)
    hidden = keras.layers.Dense(256, activation="relu")(hidden)
    loss = CrossEntropy()
    return Loop(
        model=keras.Model({"pixels": pixels}, {"logits": keras.layers.Dense(10)(hidden)}),
        objective=SupervisedObjective(loss=lambda label, outputs: loss(label, outputs["logits"]), metrics={}),
        optimizer=optimizer(OptimizerOptions(kind="sgd", weight_decay=0.0), learning_rate=learning_rate),
        step=StepOptions(steps_per_execution=steps_per_execution),
        **options,
    )


def gap_ratio() -> go.Figure:
    """A net learns 512 digits by heart, a third of them with wrong labels, until the guard stops it."""
    bounds = GapRatioOptions(warn=0.3, act=0.8, patience=3, action="stop")
    train, held_out = _digits(512, shuffled_share=0.3), _digits(1024, shuffled_share=0.3).skip(16)
    loop = _loop(learning_rate=0.02, gap_guard=GapRatioGuard(bounds))
    records: list[EpochRecord] = list(
        loop.epochs(train=train.repeat(), evaluation=held_out, epochs=100, steps_per_epoch=16)
    )
    epochs = [record.epoch for record in records]
    figure = make_subplots(rows=1, cols=2, subplot_titles=["loss", "gap ratio"])
    for name, colour in (("train", BLUE), ("evaluation", ORANGE)):
        values = [getattr(record, name)["loss"] for record in records]
        figure.add_trace(go.Scatter(x=epochs, y=values, name=name, line={"color": colour}), row=1, col=1)
    ratios = [record.gap_ratio for record in records]
    figure.add_trace(go.Scatter(x=epochs, y=ratios, showlegend=False, line={"color": GREY}), row=1, col=2)
    for bound, text, colour in ((bounds.warn, "warn", ORANGE), (bounds.act, "act", RED)):
        line = {"color": colour, "dash": "dash"}
        figure.add_hline(y=bound, line=line, annotation_text=text, annotation_position="top left", row=1, col=2)
    stop = {"color": RED, "dash": "dot"}
    figure.add_vline(x=epochs[-1], line=stop, annotation_text="stopped", annotation_position="bottom left")
    figure.update_xaxes(title="epoch", range=[0, epochs[-1] + 1])
    return figure


class _Calls(Hook):
    """Collects what each graph call came to."""

    def __init__(self) -> None:
        self.records: list[StepsRecord] = []

    def on_steps(self, record: StepsRecord) -> None:
        self.records.append(record)


def recovery() -> go.Figure:
    """A learning rate that is far too high, until rollbacks have lowered it enough."""
    calls = _Calls()
    loop = _loop(
        learning_rate=1e5, steps_per_execution=4, hooks=[calls], recovery=RecoveryOptions(rollbacks=12, factor=0.1)
    )
    train, held_out = _digits(1024, shuffled_share=0.0), _digits(1536, shuffled_share=0.0).skip(32)
    records = list(loop.epochs(train=train.repeat(), evaluation=held_out, epochs=3, steps_per_epoch=32))
    figure = make_subplots(rows=1, cols=2, subplot_titles=["train loss", "learning rate"])
    numbers = list(range(1, len(calls.records) + 1))
    losses = [record.means["loss"] for record in calls.records]
    rates = [record.learning_rate for record in calls.records]
    for column, (values, colour) in enumerate(((losses, BLUE), (rates, GREY)), start=1):
        trace = go.Scatter(x=numbers, y=values, mode="lines+markers", line={"color": colour}, showlegend=False)
        figure.add_trace(trace, row=1, col=column)
    cuts = [i for i in range(1, len(rates)) if rates[i] < rates[i - 1]]
    for cut in cuts:
        figure.add_vline(x=cut + 0.5, line={"color": RED, "dash": "dot"})
    print(*(event for record in records for event in record.events), sep="\n")
    figure.update_xaxes(title="graph call of 4 steps (dotted: rolled back)")
    figure.update_yaxes(type="log", exponentformat="power", nticks=6)
    return figure


def write_png(figure: go.Figure, path: Path, *, height: int) -> None:
    """Draws a figure in a browser and takes its picture."""
    figure.update_layout(
        template="plotly_white",
        width=1200,
        height=height,
        margin={"l": 60, "r": 20, "t": 40, "b": 60},
        font={"family": "system-ui, sans-serif", "size": 14},
    )
    browsers = map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"))
    executable = os.environ.get("SLIPWAY_CHROMIUM") or next(filter(None, browsers))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_path = Path(folder) / "figure.html"
        figure.write_html(page_path, include_plotlyjs=True, config={"displayModeBar": False})
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1216, "height": height + 16})
        page.goto(page_path.as_uri())
        page.wait_for_selector(".main-svg")
        page.screenshot(path=path)
        browser.close()


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/training")
    folder.mkdir(parents=True, exist_ok=True)
    for draw, height in ((schedules, 520), (gap_ratio, 380), (recovery, 380)):
        write_png(draw(), folder / f"{draw.__name__}.png", height=height)
        print(f"Wrote {folder / draw.__name__}.png")
