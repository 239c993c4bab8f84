"""`slipway deploy`: files that put pushed versions into production."""

from pathlib import Path
from typing import Any, get_args

import click
from click.core import ParameterSource

from pipeline.errors import UsageError
from pipeline.known_name import KnownName
from pipeline.local_path import LOCAL_PATH
from pipeline.registry_place import registry_at
from records.stores import is_uri
from serving.deployment.folder import write_files
from serving.deployment.options import DeploymentOptions, default_image
from serving.deployment.render import Target, render
from serving.deployment.server_files import server_flags
from serving.registry import Registry

# Which options a target has a use for, besides those that all have.
_CLUSTER = {"min_replicas", "max_replicas", "namespace", "service_account", "claim", "cpus", "memory"}
_USES: dict[str, set[str]] = {
    "tensorflow-serving": {"cpus"},
    "compose": {"image", "cpus", "memory", "latency_ms"},
    "kubernetes": {*_CLUSTER, "image", "latency_ms"},
    "kserve": {*_CLUSTER, "canary_percent"},
}
_NEXT = {
    "tensorflow-serving": "tensorflow_model_server {flags}",
    "compose": "docker compose -f {out}/compose.yaml up --detach",
    "kubernetes": "kubectl apply --filename {out}/MODEL.yaml",
    "kserve": "kubectl apply --filename {out}/MODEL.production.yaml, and once it is ready MODEL.canary.yaml",
}


@click.group()
def command() -> None:
    """Write files that put pushed versions into production."""


@command.command("render")
@click.argument("place", metavar="ROOT_OR_REGISTRY")
@click.option("--target", required=True, type=KnownName(get_args(Target)), help="What the versions are served with.")
@click.option("--out", required=True, type=LOCAL_PATH, help="A new directory, or one that this command wrote before.")
@click.option("--image", help="TensorFlow Serving's image. Default: that of the release whose API is installed.")
@click.option("--cpus", type=click.IntRange(min=1), default=2, show_default=True, help="CPUs of a server.")
@click.option("--memory", default="2Gi", show_default=True, help="Memory of a server.")
@click.option("--min-replicas", type=click.IntRange(min=1), default=2, show_default=True, help="Servers at least.")
@click.option("--max-replicas", type=click.IntRange(min=1), default=10, show_default=True, help="Servers at most.")
@click.option("--namespace", help="Of Kubernetes. Default: that of whoever applies the files.")
@click.option("--service-account", help="Of Kubernetes, as whom servers read an object store.")
@click.option(
    "--claim",
    metavar="CLAIM[/FOLDER]",
    help="PersistentVolumeClaim that holds the registry. Default: the directory on the node itself.",
)
@click.option(
    "--canary-percent",
    type=click.IntRange(1, 99),
    default=10,
    show_default=True,
    help="Share of the requests that KServe gives to the canary.",
)
@click.option(
    "--latency-ms",
    type=click.FloatRange(min=0, min_open=True),
    default=100,
    show_default=True,
    help="The p99 latency above which Prometheus raises an alert.",
)
@click.pass_context
def render_command(ctx: click.Context, place: str, target: Target, out: Path, **given: Any) -> None:
    """Write what TARGET needs to serve the versions labelled production and canary.

    ROOT_OR_REGISTRY is a pipeline's root, or a registry's directory or address. Render again after a label moved.
    """
    registry = registry_at(place)
    _check_uses(ctx, target, registry, given)
    if given["image"] is None:
        given["image"] = default_image()
    if given["claim"]:
        given["claim"], _, given["claim_path"] = given["claim"].partition("/")
    files = render(registry, target, DeploymentOptions(**given))
    write_files(out, files)
    for name in sorted(files):
        click.echo(out / name)
    flags = " ".join(server_flags(str(out.resolve()), poll=True))
    click.echo(f"next  {_NEXT[target].format(out=out, flags=flags)}")


def _check_uses(ctx: click.Context, target: str, registry: Registry, given: dict[str, Any]) -> None:
    """Raises UsageError for an option that would change nothing."""
    for name in given:
        if name in _USES[target] or ctx.get_parameter_source(name) is ParameterSource.DEFAULT:
            continue
        option = f"--{name.replace('_', '-')}"
        users = ", ".join(each for each, uses in _USES.items() if name in uses)
        raise UsageError(f"{option} is for --target {users}. Received: {option} with --target {target}. Leave it out.")
    if given["claim"] and is_uri(str(registry.root)):
        raise UsageError(
            f"--claim is for a registry in a directory. Received: {registry.root}, which servers read by its address. "
            "Leave it out."
        )
