"""`slipway submit`."""

import datetime
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import yaml

from pipeline.config import load_config
from pipeline.kubeflow_section import kubeflow_section
from pipeline.local_path import LOCAL_PATH
from pipeline.set_option import set_option
from pipeline.shown_commands import shown_command

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.config import PipelineConfig
    from pipeline.kubeflow.backend import Backend
    from pipeline.kubeflow.submission import Submission
    from pipeline.kubeflow_options import KubeflowConfig


@click.command()
@click.argument("config", type=LOCAL_PATH)
@click.option(
    "--host", metavar="URL", help="Where Kubeflow Pipelines is; default: kubeflow.host, or what its SDK finds."
)
@click.option("--wait", is_flag=True, help="Follow the run to its end, whose exit code is then that of slipway run.")
@click.option("--follow", "run_id", metavar="RUN", help="Follow a run that was submitted before, and submit none.")
@click.option("--dry-run", is_flag=True, help="Print the request as YAML, and send none.")
@set_option
def command(
    config: Path, changes: dict[str, Any], host: str | None, wait: bool, run_id: str | None, dry_run: bool
) -> None:
    """Compile the pipeline of CONFIG, and run it on Kubeflow Pipelines.

    The run is one of the experiment called as the pipeline. Exit codes with --wait: 0 done, 1 failed, 3 a gate refused,
    130 interrupted, where the run goes on. KFP_EXISTING_TOKEN is the token that the host asks for, if any.
    """
    if dry_run and (host or wait or run_id):
        raise click.UsageError("--dry-run takes no --host, --wait or --follow: it asks no host.")
    if wait and run_id:
        raise click.UsageError("--follow takes no --wait: it waits.")
    pipeline_config = load_config(config, changes)
    kubeflow = kubeflow_section(pipeline_config, config)
    from pipeline.console import quiet_terminal
    from pipeline.kubeflow.submission import check_image

    check_image(kubeflow.image)
    with tempfile.TemporaryDirectory() as directory, quiet_terminal(Path(directory) / "submit.log") as console:
        if dry_run:
            request = _request(pipeline_config, kubeflow, console)
            console.file.write(yaml.safe_dump_all(request.as_documents(), sort_keys=False))
            return
        with console.status("Looking for Kubeflow Pipelines …"):
            from pipeline.kubeflow.backend import Backend

            address = host or kubeflow.host
            backend = Backend(address)
        follow = shown_command("submit", config.resolve(), *(("--host", address) if address else ()), "--follow")
        if run_id is not None:
            # Of a run that is not there nobody should hear that it goes on.
            backend.run(run_id)
        else:
            request = _request(pipeline_config, kubeflow, console)
            run_id = backend.submit(request)
            console.print(
                f"Submitted {request.run} to experiment {request.experiment}: {backend.link(run_id)}",
                highlight=False,
                soft_wrap=True,
            )
            if not wait:
                console.print(f"Follow it: {follow} {run_id}", highlight=False, soft_wrap=True)
                return
        _follow(backend, run_id, pipeline_config, console, again=f"{follow} {run_id}")


def _request(config: "PipelineConfig", kubeflow: "KubeflowConfig", console: "Console") -> "Submission":
    with console.status("Starting TensorFlow and TFX …"):
        from pipeline.kubeflow.compile import compile_pipeline
        from pipeline.kubeflow.submission import submission

    documents = compile_pipeline(config, kubeflow)
    return submission(config.name, kubeflow, documents, now=datetime.datetime.now())


def _follow(backend: "Backend", run_id: str, config: "PipelineConfig", console: "Console", *, again: str) -> None:
    from pipeline.kubeflow.backend import BackendError
    from pipeline.kubeflow.follow import Follower, NotFollowed
    from pipeline.progress import Progress

    try:
        Follower(backend, run_id, Progress(console, config.node_names())).follow()
    except KeyboardInterrupt:
        raise NotFollowed(f"the run goes on at {backend.link(run_id)}. Follow it again: {again}") from None
    except BackendError as error:
        raise type(error)(f"{error} The run goes on; follow it again: {again}") from error
    console.print(f"done  {len(config.node_names())} nodes: {backend.link(run_id)}", highlight=False, soft_wrap=True)
