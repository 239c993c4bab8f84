"""`slipway registry`: what was pushed, which version is production, and how to change that."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import click

from inspection.default_roots import PATTERNS, in_default_roots
from pipeline.errors import UsageError
from pipeline.known_name import KnownName
from records.bundle import CARD_FILE
from records.root import REGISTRY
from serving.registry import ModelVersion, Registry, RegistryError, Stage

DEFAULT_REGISTRIES = " and ".join(f"`{pattern}/registry`" for pattern in PATTERNS)

registry_option = click.option(
    "--registry",
    "directory",
    metavar="DIR",
    help=f"Directory or URL of the registry; default: every {DEFAULT_REGISTRIES} below the current directory.",
)
as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


@click.group()
def command() -> None:
    """List pushed versions, move stage labels, roll back."""


@command.command("list")
@click.argument("model", required=False)
@registry_option
@as_json_option
def list_command(model: str | None, directory: str | None, as_json: bool) -> None:
    """List the versions of MODEL, or of every model."""
    if model is None:
        found = [(registry, name) for registry in _registries(directory) for name in registry.models()]
    else:
        found = [(registry_of(model, directory), model)]
    rows = [(registry, version) for registry, name in found for version in registry.versions(name)]
    if as_json:
        click.echo(json.dumps([_as_dict(registry, version) for registry, version in rows], indent=2))
    elif rows:
        _print_table(rows)
    else:
        click.echo("Nothing has been pushed yet.")


@command.command()
@click.argument("model")
@click.argument("version", type=click.IntRange(min=1))
@registry_option
@as_json_option
def show(model: str, version: int, directory: str | None, as_json: bool) -> None:
    """Show everything that is known of one version."""
    registry = registry_of(model, directory)
    shown = _as_dict(registry, registry.version(model, version))
    if as_json:
        click.echo(json.dumps(shown, indent=2))
        return
    history = shown.pop("history")
    for key, value in shown.items():
        if isinstance(value, dict):
            click.echo(f"{key}:" + ("" if value else " none"))
            for name, item in value.items():
                click.echo(f"  {name}: {item}")
        else:
            click.echo(f"{key}: {value:,}" if key == "size_bytes" else f"{key}: {value}")
    click.echo("history:")
    for move in history:
        click.echo(f"  {move['at']}  {move['stage']} ({move['by']})")


@command.command()
@click.argument("model")
@click.argument("version", type=click.IntRange(min=1))
@registry_option
def card(model: str, version: int, directory: str | None) -> None:
    """Print the model card of a version, which is Markdown."""
    registry = registry_of(model, directory)
    path = registry.path(registry.version(model, version)) / CARD_FILE
    if not path.exists():
        raise RegistryError(
            f"A version has a card since Pusher writes one. Received: {model} {version}, which was pushed before."
        )
    click.echo(path.read_text(), nl=False)


@command.command()
@click.argument("model")
@click.argument("version", type=click.IntRange(min=1))
@click.argument("stage", type=KnownName(get_args(Stage)))
@click.option("--force", is_flag=True, help="Take production from VERSION though no other gets it; recorded as forced.")
@registry_option
def label(model: str, version: int, stage: Stage, force: bool, directory: str | None) -> None:
    """Give a version a stage; the version that held canary or production is archived."""
    registry = registry_of(model, directory)
    before = registry.versions(model)
    registry.label(model, version, stage, force=force)
    _print_moves(before, registry.versions(model))


@command.command()
@click.argument("model")
@registry_option
def rollback(model: str, directory: str | None) -> None:
    """Give production back to the version that held it before."""
    registry = registry_of(model, directory)
    before = registry.versions(model)
    registry.rollback(model)
    _print_moves(before, registry.versions(model))


def _registries(directory: str | None) -> list[Registry]:
    """The one asked for, or those that pipelines made here. Raises UsageError if there is none."""
    if directory is not None:
        registry = Registry(directory)
        if not registry.root.is_dir():
            raise UsageError(
                f"--registry must be a directory that a pipeline has pushed to. Received: {directory}, which is none. "
                "Check the path."
            )
        return [registry]
    found = [path for path in in_default_roots(REGISTRY) if path.is_dir()]
    if not found:
        raise UsageError(
            f"A registry must be given by --registry DIR, or be one of {DEFAULT_REGISTRIES}. Received: neither; there "
            f"is no such directory below {Path.cwd()}. `slipway run` makes one with its first push."
        )
    return [Registry(path) for path in found]


def registry_of(model: str, directory: str | None) -> Registry:
    """The registry that has the model. Raises UsageError if several have."""
    registries = _registries(directory)
    having = [registry for registry in registries if model in registry.models()]
    if len(having) > 1:
        raise UsageError(
            f"--registry must say which is meant if several registries have the model. Received: {model}, which is in "
            f"{' and '.join(str(registry.root) for registry in having)}."
        )
    if not having and len(registries) > 1:
        models = sorted({name for registry in registries for name in registry.models()})
        raise RegistryError(
            f"A model must be in one of the registries ({', '.join(models) or 'nothing has been pushed yet'}). "
            f"Received: {model}. Check the name, or give --registry."
        )
    # A single registry says itself what it thinks of a name that it does not have.
    return having[0] if having else registries[0]


def _as_dict(registry: Registry, version: ModelVersion) -> dict[str, Any]:
    # By way of text, in which NaN is a string, as JSON wants it.
    return {**json.loads(version.model_dump_json()), "path": str(registry.path(version))}


def _print_table(rows: Sequence[tuple[Registry, ModelVersion]]) -> None:
    # Imported here, for it takes a tenth of a second that --json and --help need not spend.
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # Without a terminal nothing is wrapped: other programs read lines.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 10_000)
    roots = list(dict.fromkeys(registry.root for registry, _ in rows))
    for root in roots:
        table = Table(box=None, header_style="bold", pad_edge=False)
        for heading in ("model", "version", "stage", "created (UTC)", "metrics", "bytes"):
            justify: Literal["left", "right"] = "right" if heading in ("version", "bytes") else "left"
            table.add_column(heading, justify=justify, no_wrap=heading != "metrics")
        for version in (version for registry, version in rows if registry.root == root):
            created = version.created_at[:16].replace("T", " ")
            metrics = ", ".join(f"{name} {value:.4g}" for name, value in version.metrics.items())
            cells = (version.model, str(version.number), version.stage, created, metrics, f"{version.size_bytes:,}")
            # Text, because a metric's name may hold brackets, which rich takes for markup in a plain string.
            table.add_row(*map(Text, cells), style="green" if version.stage == "production" else None)
        if len(roots) > 1:
            console.print(Text(f"{root}:"))
        console.print(table)


def _print_moves(before: Sequence[ModelVersion], after: Sequence[ModelVersion]) -> None:
    stages = {version.number: version.stage for version in before}
    moved = [version for version in after if stages.get(version.number) != version.stage]
    for version in moved:
        click.echo(f"{version.model} {version.number}: {stages.get(version.number, 'new')} -> {version.stage}")
    if not moved:
        click.echo("Nothing moved: it has that stage already.")
