"""`slipway plot`."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from pipeline.config import load_config
from pipeline.errors import UsageError
from pipeline.local_path import LOCAL_PATH
from pipeline.set_option import set_option

# Lines of the drawing in the terminal, and characters of a full bar.
LINES, WIDTH = 16, 48
POINTS = 2000


@click.group()
def command() -> None:
    """Draw what a config asks for."""


@command.command()
@click.argument("config", type=LOCAL_PATH)
@set_option
@click.option("--out", type=LOCAL_PATH, help="Also write a page with the curve, for a browser.")
@click.option("--steps-per-epoch", type=click.IntRange(min=1), default=100, show_default=True)
def schedule(config: Path, changes: dict[str, Any], out: Path | None, steps_per_epoch: int) -> None:
    """The learning rate of CONFIG's training over its epochs."""
    train = load_config(config, changes).train
    total_steps = train.epochs * steps_per_epoch
    from pipeline.console import quiet_terminal

    with tempfile.TemporaryDirectory() as folder, quiet_terminal(Path(folder) / "log"):
        from training.schedules import schedule as build

        rate = build(train.schedule, peak=train.learning_rate, steps_per_epoch=steps_per_epoch, total_steps=total_steps)
        steps = range(0, total_steps + 1, max(1, total_steps // POINTS))
        rates = [float(rate(step)) for step in steps]
    epochs = [step / steps_per_epoch for step in steps]
    title = f"{train.schedule.kind}, at most {max(rates):.3g}, {train.epochs} epochs"
    click.echo(title)
    for line in bars(epochs, rates):
        click.echo(line)
    if out is not None:
        _write_page(out, title, epochs, rates)
        click.echo(f"Wrote {out}; open it in a browser.")


def bars(epochs: Sequence[float], rates: Sequence[float]) -> list[str]:
    """The curve lying on its side: epoch, rate and a bar a line."""
    highest = max(max(rates), 1e-30)
    chosen = sorted({round(line * (len(rates) - 1) / (LINES - 1)) for line in range(LINES)})
    return [
        f"epoch {epochs[i]:6.1f}  {rates[i]:9.3g}  {'█' * round(WIDTH * rates[i] / highest)}".rstrip() for i in chosen
    ]


def _write_page(out: Path, title: str, epochs: Sequence[float], rates: Sequence[float]) -> None:
    import plotly.graph_objects as go

    figure = go.Figure(go.Scatter(x=list(epochs), y=list(rates), line={"color": "#2563eb"}))
    figure.update_layout(title=title, template="plotly_white", xaxis_title="epoch", yaxis_title="learning rate")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        figure.write_html(out, include_plotlyjs=True)
    except OSError as error:
        raise UsageError(f"--out must be a file that can be written. Received: {out} ({error.strerror}).") from None
