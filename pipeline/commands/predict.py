"""`slipway predict`."""

from pathlib import Path
from typing import Any, get_args

import click

from components.bulk_inferrer.options import CHOSEN
from data.source import SPLITS
from pipeline.beam.flags import beam_flags
from pipeline.beam.local import check_engine
from pipeline.beam.lost_workers import local_workers
from pipeline.config import load_config
from pipeline.errors import UsageError
from pipeline.known_name import KnownName
from pipeline.local_path import LOCAL_PATH
from pipeline.session import root_of
from pipeline.set_option import set_option
from serving.registry import RegistryError, Stage


@click.command()
@click.option("--batch", "config", required=True, type=LOCAL_PATH, metavar="CONFIG", help="Whose source is read.")
@click.option("--out", required=True, type=LOCAL_PATH, help="A new directory for the predictions.")
@click.option(
    "--split",
    "splits",
    multiple=True,
    type=KnownName(SPLITS),
    help="Read this split; may be given several times. Default: all.",
)
@click.option("--variant", help=f"A TFLite file of the version, or {CHOSEN}. Default: its SavedModel.")
@click.option("--stage", type=KnownName(get_args(Stage)), default="production", help="Default: production.")
@click.option("--version", type=click.IntRange(min=1), help="Number of the version, instead of a stage.")
@click.option("--registry", metavar="DIR", help="Directory or URL. Default: the config's.")
@set_option
def command(
    config: Path,
    changes: dict[str, Any],
    out: Path,
    splits: tuple[str, ...],
    variant: str | None,
    stage: Stage,
    version: int | None,
    registry: str | None,
) -> None:
    """Write what a pushed version predicts for every example of a source.

    The source is that of CONFIG, or another that --set names, such as
    --set options.source.directory=new_images. Beam reads it on the engine that CONFIG names. One line of JSON an
    example goes to OUT/Split-NAME/predictions-*.jsonl.gz.
    """
    if out.exists() and any(out.iterdir() if out.is_dir() else [out]):
        raise UsageError(f"--out must be a new directory. Received: {out}, which is not empty. Choose another.")
    checked = load_config(config, changes)
    where = registry or checked.push.registry or str(root_of(checked, None).registry)
    from studies.errors import StudyUsageError
    from studies.pushed import find_version

    try:
        path = find_version(where, checked.name, version, stage=stage)
    except (RegistryError, StudyUsageError) as error:
        raise UsageError(str(error)) from None
    from pipeline.console import quiet_terminal

    out.mkdir(parents=True, exist_ok=True)
    with quiet_terminal(out / "predict.log") as console:
        with console.status("Starting TensorFlow and Beam …"):
            import apache_beam as beam
            from apache_beam.options.pipeline_options import PipelineOptions

            from components.bulk_inferrer.executor import write_predictions
        check_engine(checked.beam)
        with local_workers(checked.beam):
            counts = write_predictions(
                task_spec=checked.task_spec().model_dump_json(),
                version=str(path),
                variant=variant,
                splits=splits or SPLITS,
                uri=str(out),
                pipeline=beam.Pipeline(options=PipelineOptions(beam_flags(checked.beam, "BulkInferrer"))),
            )
        numbers = ", ".join(f"{split} {count:,}" for split, count in counts.items())
        console.print(f"{checked.name} {path.name} predicted for {numbers} examples: {out}", highlight=False)
