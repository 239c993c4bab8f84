"""A server's life: it loads what the registry says, opens its ports, and drains when it is told to end."""

import asyncio
import contextlib
import gc
import logging
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import grpc
import uvicorn
import uvloop
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from tensorflow_serving.apis import model_service_pb2_grpc, prediction_service_pb2_grpc

from serving.registry import Registry
from serving.server.admission import Admission
from serving.server.catalog import Catalog
from serving.server.grpc_entry import Entry
from serving.server.grpc_parsing import ParsingServer
from serving.server.grpc_reflection import MODEL, PREDICTION, described_services
from serving.server.grpc_services import ModelService, PredictionService
from serving.server.metrics import Metrics
from serving.server.options import ServerOptions
from serving.server.policy import Policy
from serving.server.request_log import RequestLog
from serving.server.rest import Rest
from serving.server.runners import RunnerMaker
from serving.server.v2_rest import V2Rest
from serving.server.watcher import Watcher
from serving.server.web import Web, close_web

log = logging.getLogger(__name__)


class ServerError(RuntimeError):
    """A server that cannot start."""

    title = "Server"
    exit_code = 1


@dataclass(frozen=True)
class Ports:
    """Where a server listens."""

    rest: int
    grpc: int


def run(options: ServerOptions, on_start: Callable[[Catalog, Ports], None]) -> None:
    """Serves until SIGTERM or SIGINT, and then until the requests under way are answered.

    Args:
      options: the server's.
      on_start: is told what is served, and where, as soon as it is.

    Raises:
      ServerError: a port is taken, or a file of TLS cannot be read.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(options, on_start))


async def _run(options: ServerOptions, on_start: Callable[[Catalog, Ports], None]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serving(options) as server:
        on_start(server.catalog, server.ports)
        # What is there by now stays; a full collection would only find it again.
        gc.freeze()
        await stop.wait()
        log.info("ending: requests under way are answered, at most for %g s", options.drain_secs)


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    catalog: Catalog
    watcher: Watcher
    ports: Ports


@contextlib.asynccontextmanager
async def serving(options: ServerOptions) -> AsyncIterator[Running]:
    """A server that answers while inside, and drains at the end. Raises ServerError."""
    catalog = Catalog()
    figures = Metrics(catalog)
    admission = Admission(options, figures)
    with (
        ThreadPoolExecutor(options.threads, "model") as threads,
        ThreadPoolExecutor(1, "loader") as loader,
        _request_log(options) as request_log,
    ):
        watcher = Watcher(
            catalog,
            Registry(options.registry),
            models=options.models,
            policy=Policy.parse(options.policy),
            variant=options.variant,
            make_runner=RunnerMaker(options.batching, threads, figures, request_log),
            loader=loader,
            poll_secs=options.poll_secs,
        )
        await watcher.settle()
        listening = _listen(options)
        rpc, rpc_port = _grpc_server(options, catalog, watcher, Entry(admission, options.token), figures)
        health_servicer = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(health_servicer, rpc)
        names, files = [PREDICTION, MODEL, health.SERVICE_NAME, reflection.SERVICE_NAME], []
        if find_spec("tritonclient"):
            from serving.server import v2_grpc

            service = v2_grpc.InferenceService(catalog, Entry(admission, options.token), watcher)
            v2_grpc.add_to_server(service, ParsingServer(rpc))
            names, files = [*names, v2_grpc.SERVICE], [v2_grpc.FILE]
        reflection.enable_server_reflection(names, rpc, pool=described_services(*files))
        rest = Rest(catalog, admission, figures, options)
        web = Web(
            uvicorn.Config(
                rest.app(V2Rest(rest, watcher).routes()),
                log_config=None,
                access_log=False,
                lifespan="off",
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=round(options.drain_secs),
                ssl_certfile=options.tls_certificate or None,
                ssl_keyfile=options.tls_key or None,
            )
        )
        await rpc.start()
        tasks = [
            asyncio.create_task(web.serve([listening])),
            asyncio.create_task(watcher.watch()),
            asyncio.create_task(_tell_health(catalog, health_servicer, options.poll_secs)),
        ]
        try:
            while not web.started:
                await asyncio.sleep(0.01)
            yield Running(catalog, watcher, Ports(listening.getsockname()[1], rpc_port))
        finally:
            for task in tasks[1:]:
                task.cancel()
            await health_servicer.enter_graceful_shutdown()
            admission.is_ending = True
            await asyncio.gather(rpc.stop(options.drain_secs), close_web(web, listening), tasks[0])


@contextlib.contextmanager
def _request_log(options: ServerOptions) -> Iterator[RequestLog | None]:
    if options.request_log is None:
        yield None
        return
    with contextlib.closing(RequestLog(options.request_log)) as request_log:
        yield request_log


def _listen(options: ServerOptions) -> socket.socket:
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    try:
        return socket.create_server((options.host, options.rest_port), family=family, backlog=2048)
    except OSError as error:
        raise _taken(options.host, options.rest_port, error) from None


def _grpc_server(
    options: ServerOptions, catalog: Catalog, watcher: Watcher, entry: Entry, figures: Metrics
) -> tuple[grpc.aio.Server, int]:
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", options.max_body_bytes),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),
        ]
    )
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        PredictionService(catalog, entry, figures), ParsingServer(server)
    )
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(
        ModelService(catalog, entry, watcher, options.registry), ParsingServer(server)
    )
    address = f"[{options.host}]:{options.grpc_port}" if ":" in options.host else f"{options.host}:{options.grpc_port}"
    try:
        if options.tls_certificate:
            key, certificate = (Path(path).read_bytes() for path in (options.tls_key, options.tls_certificate))
            port = server.add_secure_port(address, grpc.ssl_server_credentials([(key, certificate)]))
        else:
            port = server.add_insecure_port(address)
    except RuntimeError as error:
        raise _taken(options.host, options.grpc_port, error) from None
    return server, port


def check_tls(options: ServerOptions) -> None:
    """Raises ServerError where certificate and key cannot be read, or do not fit each other."""
    if not options.tls_certificate:
        return
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(options.tls_certificate, options.tls_key)
    except OSError as error:
        raise ServerError(
            f"certificate and key must be PEM files that belong together. Received: {options.tls_certificate} and "
            f"{options.tls_key} ({error})."
        ) from None


def _taken(host: str, port: int, error: Exception) -> ServerError:
    return ServerError(
        f"a port must be free. Received: {host}:{port} ({error}). End what listens there, or choose another port."
    )


async def _tell_health(catalog: Catalog, servicer: health.aio.HealthServicer, poll_secs: float) -> None:
    """Keeps gRPC's health service as the catalog is."""
    while True:
        status = health_pb2.HealthCheckResponse
        state = status.SERVING if catalog.is_ready else status.NOT_SERVING
        for name in ("", PREDICTION):
            await servicer.set(name, state)
        await asyncio.sleep(poll_secs)
