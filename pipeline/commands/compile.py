"""`slipway compile`."""

import tempfile
from pathlib import Path
from typing import Any

import click

from pipeline.config import load_config
from pipeline.errors import UsageError
from pipeline.kubeflow_section import kubeflow_section
from pipeline.local_path import LOCAL_PATH
from pipeline.set_option import set_option
from pipeline.shown_commands import shown_command


@click.command()
@click.argument("config", type=LOCAL_PATH)
@set_option
@click.option("--out", type=LOCAL_PATH, required=True, help="The file to write, such as digits.yaml.")
def command(config: Path, changes: dict[str, Any], out: Path) -> None:
    """Compile the pipeline of CONFIG for Kubeflow Pipelines v2.

    The file loads in the kfp SDK and in the Kubeflow Pipelines page. It holds the pipeline and, where the config says
    what Kubernetes alone needs to know of a step, such as its node pool, that as a second document.
    """
    pipeline_config = load_config(config, changes)
    kubeflow = kubeflow_section(pipeline_config, config)
    from pipeline.console import quiet_terminal

    with tempfile.TemporaryDirectory() as directory, quiet_terminal(Path(directory) / "compile.log") as console:
        with console.status("Starting TensorFlow and TFX …"):
            from pipeline.kubeflow.compile import compile_pipeline, write_documents
        documents = compile_pipeline(pipeline_config, kubeflow)
    try:
        write_documents(documents, out)
    except OSError as error:
        raise UsageError(f"--out must be a file that can be written. Received: {out} ({error.strerror}).") from None
    nodes = len(documents[0]["root"]["dag"]["tasks"])
    click.echo(f"Wrote {out}: {nodes} nodes, image {kubeflow.image}.")
    click.echo(f"Submit it on the Pipelines page, or run it at once: {shown_command('submit', config.resolve())}")
