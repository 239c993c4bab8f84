"""`slipway serve`."""

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.errors import UsageError
from pipeline.registry_place import registry_at
from serving.registry import Registry
from serving.server.options import BatchingOptions, RequestLogOptions, ServerOptions

if TYPE_CHECKING:
    from serving.server.catalog import Catalog
    from serving.server.process import Ports

_BATCHING = BatchingOptions()
_REQUEST_LOG = RequestLogOptions(directory="")
_SERVER = ServerOptions(registry="")


@click.command()
@click.argument("place", metavar="ROOT_OR_REGISTRY")
@click.option("--model", "models", multiple=True, help="Only this model; may be given several times.")
@click.option(
    "--versions",
    "policy",
    default=_SERVER.policy,
    show_default=True,
    help="production (and canary), latest, all, or numbers such as 3,5.",
)
@click.option("--variant", help="Serve this TFLite file of each version, such as int8, in place of its SavedModel.")
@click.option("--host", default=_SERVER.host, show_default=True, help="Address to listen at; 0.0.0.0 for all.")
@click.option("--rest-port", type=click.IntRange(0, 65535), default=_SERVER.rest_port, show_default=True)
@click.option("--grpc-port", type=click.IntRange(0, 65535), default=_SERVER.grpc_port, show_default=True)
@click.option(
    "--poll-secs",
    type=click.FloatRange(min=0.05),
    default=_SERVER.poll_secs,
    show_default=True,
    help="Seconds between two looks at the registry.",
)
@click.option("--batching/--no-batching", default=True, show_default=True, help="Requests that wait go together.")
@click.option("--max-batch-size", type=click.IntRange(1), default=_BATCHING.max_batch_size, show_default=True)
@click.option(
    "--batch-timeout-micros",
    type=click.IntRange(0),
    default=_BATCHING.batch_timeout_micros,
    show_default=True,
    help="How long a batch that is not full waits for more, while a thread is free.",
)
@click.option(
    "--max-enqueued-batches",
    type=click.IntRange(0),
    default=_BATCHING.max_enqueued_batches,
    show_default=True,
    help="Batches of a signature that may wait; what comes then is answered 503.",
)
@click.option("--allowed-batch-sizes", default="", metavar="N,N…", help="Sizes that batches are padded to.")
@click.option("--num-batch-threads", type=click.IntRange(1), default=_BATCHING.num_batch_threads, show_default=True)
@click.option("--threads", type=click.IntRange(1), default=_SERVER.threads, show_default=True, help="Calls at a time.")
@click.option("--max-body-bytes", type=click.IntRange(1), default=_SERVER.max_body_bytes, show_default=True)
@click.option(
    "--max-requests",
    type=click.IntRange(1),
    default=_SERVER.max_requests,
    show_default=True,
    help="Requests under way; what comes then is answered 503.",
)
@click.option("--timeout-secs", type=click.FloatRange(0.001), default=_SERVER.timeout_secs, show_default=True)
@click.option(
    "--drain-secs",
    type=click.FloatRange(1),
    default=_SERVER.drain_secs,
    show_default=True,
    help="How long requests under way may take to end after SIGTERM.",
)
@click.option("--token-file", type=click.Path(dir_okay=False, path_type=Path), help="Its text is the bearer token.")
@click.option("--tls-certificate", default="", metavar="FILE", help="PEM file of the certificate chain.")
@click.option("--tls-key", default="", metavar="FILE", help="PEM file of the certificate's key.")
@click.option("--request-log", metavar="DIR", help="Keep a sample of the requests here, as TFRecord files.")
@click.option(
    "--request-log-rate",
    type=click.FloatRange(0, 1, min_open=True),
    default=_REQUEST_LOG.rate,
    show_default=True,
    help="Share of the requests that is kept.",
)
@click.option("--request-log-file-bytes", type=click.IntRange(1), default=_REQUEST_LOG.file_bytes, show_default=True)
@click.option(
    "--request-log-files",
    type=click.IntRange(1),
    default=_REQUEST_LOG.files,
    show_default=True,
    help="Files that are kept; then the oldest goes.",
)
@click.option("--access-log", is_flag=True, help="Write each request to stderr as a line of JSON.")
def command(
    place: str,
    batching: bool,
    max_batch_size: int,
    batch_timeout_micros: int,
    max_enqueued_batches: int,
    allowed_batch_sizes: str,
    num_batch_threads: int,
    token_file: Path | None,
    request_log: str | None,
    request_log_rate: float,
    request_log_file_bytes: int,
    request_log_files: int,
    **given: object,
) -> None:
    """Serve pushed models over TensorFlow Serving's REST and gRPC.

    ROOT_OR_REGISTRY is a pipeline's root, such as output/digits, or a registry, also at gs:// or s3://. The version in
    production answers; labels and rollbacks of `slipway registry` move traffic at once.
    """
    registry = registry_at(place)
    sizes = [size.strip() for size in allowed_batch_sizes.split(",") if allowed_batch_sizes]
    if not all(size.isdecimal() for size in sizes):
        raise UsageError(
            f"--allowed-batch-sizes must be numbers such as 8,32,64. Received: {allowed_batch_sizes}. Name them so."
        )
    try:
        batches = BatchingOptions(
            max_batch_size=max_batch_size,
            batch_timeout_micros=batch_timeout_micros,
            max_enqueued_batches=max_enqueued_batches,
            num_batch_threads=num_batch_threads,
            allowed_batch_sizes=tuple(map(int, sizes)),
        )
    except ValueError as error:
        raise UsageError(str(error)) from None
    options = ServerOptions(
        registry=str(registry.root),
        batching=batches if batching else None,
        token=_token(token_file),
        request_log=None
        if request_log is None
        else RequestLogOptions(
            directory=request_log,
            rate=request_log_rate,
            file_bytes=request_log_file_bytes,
            files=request_log_files,
        ),
        **given,  # type: ignore[arg-type]
    )
    _check(options)
    # Before TensorFlow is imported, which tells of the machine at start.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("serving.server").setLevel(logging.INFO)
    from serving.server.process import check_tls, run

    check_tls(options)
    run(options, lambda catalog, ports: _say(options, catalog, ports))


def _token(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        token = file.read_text().strip()
    except OSError as error:
        raise UsageError(f"--token-file must be readable. Received: {error}.") from None
    if not token:
        raise UsageError(f"--token-file must hold a token. Received: {file}, which is empty.")
    return token


def _check(options: ServerOptions) -> None:
    from serving.server.policy import Policy

    try:
        Policy.parse(options.policy)
    except ValueError as error:
        raise UsageError(str(error)) from None
    if bool(options.tls_certificate) != bool(options.tls_key):
        raise UsageError("--tls-certificate and --tls-key must come together. Received: one of them.")
    known = Registry(options.registry).models()
    for model in options.models:
        if model not in known:
            raise UsageError(f"--model must be one of {', '.join(known)}. Received: {model}.")


def _say(options: ServerOptions, catalog: "Catalog", ports: "Ports") -> None:
    scheme = "https" if options.tls_certificate else "http"
    for name, model in sorted(catalog.models.items()):
        answering = "no version" if model.default is None else f"version {model.default}"
        labels = ", ".join(f"{label} {number}" for label, number in sorted(model.labels.items()))
        click.echo(f"{name}  {answering}{f' ({labels})' if labels else ''}")
    click.echo(f"REST  {scheme}://{options.host}:{ports.rest}/v1/models/MODEL:predict   described at /docs")
    click.echo(f"gRPC  {options.host}:{ports.grpc}")
