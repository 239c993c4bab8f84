"""`slipway ui`."""

import socket
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.errors import UsageError
from pipeline.root_place import ROOT_PLACE

# What serves is imported when it does: --help needs none of it.
if TYPE_CHECKING:
    from inspection.page import Section

HOST = "127.0.0.1"
DEFAULT_PORT = 8265


@click.command()
@click.argument("roots", nargs=-1, type=ROOT_PLACE, metavar="[ROOT]...")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True, help="0: one that is free."
)
@click.option("--allow-actions", is_flag=True, help="Let the pages move labels of versions, and roll back.")
def command(roots: tuple[Path, ...], port: int, allow_actions: bool) -> None:
    """Show the runs, models and data of each ROOT as pages in a browser, until it is interrupted.

    ROOT is what `slipway run` wrote, or a pipeline root of Kubeflow's at gs:// or s3://; default: all in `./output` and
    `*/output`. The pages are for this machine alone (127.0.0.1), need no internet connection, and change nothing
    unless --allow-actions is given.
    """
    import uvicorn

    from inspection.app.application import create_app
    from inspection.default_roots import PATTERNS, in_default_roots
    from inspection.locate import find_root
    from records.root import STORE_FILE

    found = [find_root(root) for root in roots] or [path.parent for path in in_default_roots(STORE_FILE)]
    if not found:
        places = " or ".join(f"./{pattern}" for pattern in PATTERNS)
        raise UsageError(
            f"Without ROOT there must be one in {places}. Received: none below {Path.cwd()}. Name it, or make one with "
            "`slipway run`."
        )
    app = create_app(found, allow_actions=allow_actions, sections=_studies)
    with _listening(port) as listening:
        click.echo(f"Slipway's pages are at http://{HOST}:{listening.getsockname()[1]}/ (end with Ctrl-C).")
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=1))
        server.run(sockets=[listening])


def _listening(port: int) -> socket.socket:
    """A socket that listens; raises UsageError where another process has the port."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        raise UsageError(
            f"--port must be one that is free. Received: {port} ({error.strerror}). `--port 0` takes any that is."
        ) from None
    listening.listen()
    return listening


def _studies(root: Path) -> "Sequence[Section]":
    from studies.all import STUDIES

    found = (study.section(root) for study in STUDIES)
    return [section for section in found if section is not None]
