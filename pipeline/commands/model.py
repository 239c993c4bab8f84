"""`slipway model`: what a network costs and what it looks at."""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from data.did_you_mean import did_you_mean_path
from pipeline.config import load_config, load_task
from pipeline.errors import UsageError
from pipeline.local_path import LOCAL_PATH
from pipeline.set_option import set_option

if TYPE_CHECKING:
    from rich.table import Table

    from models.graph.profile import ModelProfile


@click.group()
def command() -> None:
    """Count what a config's network costs, draw it, and see what a trained one looks at."""


@command.command()
@click.argument("config", type=LOCAL_PATH)
@set_option
@click.option("--layers", "by_layer", is_flag=True, help="List every layer, not every stage.")
@click.option("--diagram", type=LOCAL_PATH, help="Also write the architecture as a Mermaid diagram.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def summary(config: Path, changes: dict[str, Any], by_layer: bool, diagram: Path | None, as_json: bool) -> None:
    """Parameters, operations and receptive field of CONFIG's network."""
    task = load_task(load_config(config, changes), config)
    from pipeline.console import quiet_terminal

    with tempfile.TemporaryDirectory() as folder, quiet_terminal(Path(folder) / "log") as console:
        from models.graph.diagram import mermaid
        from models.graph.profile import profile

        model = task.model()
        counted = profile(model)
        activations = {
            layer.name: layer.activation.__name__ for layer in model.layers if type(layer).__name__ == "Activation"
        }
        if as_json:
            console.print_json(json.dumps(_as_dict(model.name, counted)))
        else:
            console.print(_table(counted, by_layer=by_layer))
            console.print(_totals(model.name, counted), highlight=False)
        if diagram is not None:
            _write(diagram, mermaid(counted, activations), option="--diagram")
            console.print(f"Wrote {diagram}; GitHub, GitLab and most editors draw it.", highlight=False)


@command.command()
@click.argument("model", type=LOCAL_PATH)
@click.option("--image", required=True, type=LOCAL_PATH, help="A PNG or JPEG file.")
@click.option("--out", required=True, type=LOCAL_PATH, help="The page to write, for a browser.")
def features(model: Path, image: Path, out: Path) -> None:
    """Draw the feature maps and the SE gates of MODEL, a trained .keras file, for one image.

    A run leaves its model in its artifacts (`Trainer/model_run/*/model.keras`), a pushed version in
    `assets.extra/model.keras`.
    """
    for path, what in ((model, "MODEL must be a .keras file"), (image, "--image must be an image file")):
        if not path.is_file():
            raise UsageError(f"{what} that exists. Received: {path}.{did_you_mean_path(path) or ' Check the path.'}")
    from pipeline.console import quiet_terminal

    with tempfile.TemporaryDirectory() as folder, quiet_terminal(Path(folder) / "log") as console:
        from inspection.feature_maps import page
        from models.graph.feature_maps import observe, read_image
        from models.loading import load_model

        try:
            trained = load_model(model)
        except ValueError as error:
            raise UsageError(
                f"MODEL must be a .keras file. Received: {model} ({str(error).splitlines()[0]})."
            ) from None
        seen = observe(trained, read_image(image, trained))
        _write(out, page(asdict(seen), title=f"{model.name} on {image.name}"), option="--out")
        console.print(f"Wrote {out}; open it in a browser.", highlight=False)


def _totals(name: str, counted: "ModelProfile") -> str:
    field = counted.receptive_field
    lines = [
        f"{name}: {counted.parameters:,} parameters, {counted.flops / 1e6:,.1f} MFLOPs an example "
        f"(multiply-adds as two), receptive field {'the whole image' if field is None else f'{field} pixels'}"
    ]
    if counted.uncounted:
        lines.append(f"Operations of these layers are not counted: {', '.join(counted.uncounted)}")
    return "\n".join(lines)


def _table(counted: "ModelProfile", *, by_layer: bool) -> "Table":
    from rich.table import Table

    table = Table("layer" if by_layer else "stage", box=None, pad_edge=False)
    for heading in ("output", "parameters", "MFLOPs", "sees"):
        table.add_column(heading, justify="right")
    groups: dict[str, list[Any]] = {}
    for layer in counted.layers:
        key = f"{layer.name} ({layer.kind})" if by_layer else layer.scope or layer.name
        groups.setdefault(key, []).append(layer)
    for name, layers in groups.items():
        parameters, flops = sum(layer.parameters for layer in layers), sum(layer.flops for layer in layers)
        if not (parameters or by_layer):
            continue
        # A gate's layers have one pixel; what a stage gives has more.
        wide = [layer for layer in layers if layer.receptive_field is not None] or layers
        sees = wide[-1].receptive_field
        table.add_row(
            name,
            "×".join(str(size) for size in wide[-1].output_shape),
            f"{parameters:,}",
            f"{flops / 1e6:,.2f}",
            "all" if sees is None else f"{sees} px",
        )
    return table


def _as_dict(name: str, counted: "ModelProfile") -> dict[str, Any]:
    return {
        "model": name,
        "parameters": counted.parameters,
        "flops": counted.flops,
        "receptive_field": counted.receptive_field,
        **asdict(counted),
    }


def _write(path: Path, text: str, *, option: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    except OSError as error:
        raise UsageError(f"{option} must be a file that can be written. Received: {path} ({error.strerror}).") from None
