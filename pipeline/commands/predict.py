"""`slipway predict`."""

from collections.abc import Collection
from pathlib import Path
from typing import Any, get_args

import click
from click.core import ParameterSource

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

# The options of each form; which they are, their help says.
_OF_SOURCE = ("changes", "out", "splits", "variant", "stage", "version", "registry")
_OF_SERVER = ("inputs", "signature", "image_feature", "batch_size", "timeout_secs")


@click.command()
@click.argument("model_url", required=False)
@click.argument("files", nargs=-1)
@click.option("--batch", "config", type=LOCAL_PATH, metavar="CONFIG", help="Whose source is read.")
@click.option("--out", type=LOCAL_PATH, help="With --batch: a new directory for the predictions.")
@click.option(
    "--split",
    "splits",
    multiple=True,
    type=KnownName(SPLITS),
    help="With --batch: read this split; may be given several times. Default: all.",
)
@click.option("--variant", help=f"With --batch: a TFLite file of the version, or {CHOSEN}. Default: its SavedModel.")
@click.option(
    "--stage", type=KnownName(get_args(Stage)), default="production", help="With --batch. Default: production."
)
@click.option("--version", type=click.IntRange(min=1), help="With --batch: number of the version, instead of a stage.")
@click.option("--registry", metavar="DIR", help="With --batch: directory or URL. Default: the config's.")
@set_option
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="FILE",
    help="With MODEL_URL: a .jsonl file, or images; a pattern such as `images/*.png` too. May be given several times.",
)
@click.option("--signature", default="serving_default", show_default=True, help="With MODEL_URL.")
@click.option(
    "--image-feature",
    default="image",
    show_default=True,
    metavar="NAME",
    help="With MODEL_URL: the feature that an image file is.",
)
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    default=32,
    show_default=True,
    help="With MODEL_URL: examples of a request.",
)
@click.option(
    "--timeout-secs",
    type=click.FloatRange(min=0, min_open=True),
    default=30,
    show_default=True,
    help="With MODEL_URL: of a request with all its attempts.",
)
@click.pass_context
def command(ctx: click.Context, model_url: str | None, config: Path | None, **given: Any) -> None:
    """Ask a served model about files, or a pushed version about all of a source.

    MODEL_URL is http://HOST:8501/v1/models/MODEL or grpc://HOST:8500/MODEL, at any server that speaks TensorFlow
    Serving's REST or gRPC; /versions/N or /labels/production may follow. Each line of a .jsonl file is an object
    {name: value}, of features where the signature takes tf.Examples, else of the signature's inputs. Predictions go to
    stdout, a line of JSON an example.

    With --batch CONFIG, Beam reads the config's source, or another that --set names, such as --set
    options.source.directory=new_images, on the engine that CONFIG names, and a version from the registry predicts: no
    server is asked. One line of JSON an example goes to `OUT/Split-NAME/predictions-*.jsonl.gz`.
    """
    if (model_url is None) == (config is None):
        raise UsageError(
            "`slipway predict` asks a server at MODEL_URL, or reads the source of --batch CONFIG. Received: "
            f"{'neither' if model_url is None else 'both'}."
        )
    if config is not None:
        _check_form(ctx, "--batch", _OF_SERVER)
        _predict_source(config, **{name: given[name] for name in _OF_SOURCE})
        return
    _check_form(ctx, "MODEL_URL", _OF_SOURCE)
    assert model_url is not None
    # A shell that expands images/*.png gives the first of them to --input and the rest here.
    patterns = [*given["inputs"], *given["files"]]
    if not patterns:
        raise UsageError("MODEL_URL needs --input FILE, a .jsonl file or images. Received: none.")
    from pipeline.remote_prediction import predict_remotely

    options = {name: given[name] for name in _OF_SERVER if name != "inputs"}
    for line in predict_remotely(model_url, patterns, **options):
        click.echo(line)


def _check_form(ctx: click.Context, form: str, others: Collection[str]) -> None:
    """Raises UsageError for an option of the other form."""
    for option in ctx.command.params:
        if option.name in others and ctx.get_parameter_source(option.name) is not ParameterSource.DEFAULT:
            raise UsageError(f"{option.opts[0]} does not go with {form}. Received: both. Leave one of them out.")


def _predict_source(
    config: Path,
    *,
    changes: dict[str, Any],
    out: Path | None,
    splits: tuple[str, ...],
    variant: str | None,
    stage: Stage,
    version: int | None,
    registry: str | None,
) -> None:
    """Writes what a version of the registry says of every example of a source."""
    if out is None:
        raise UsageError("--batch needs --out, a new directory for the predictions. Received: none.")
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
