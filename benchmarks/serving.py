"""What `slipway serve` costs and bears, on loopback: `python -m benchmarks.serving`. About twenty minutes, of which
schemathesis takes twelve; `--only SECTION` measures one, and keeps those that the file of `--json` has.

The model has eight dense layers; its two versions answer with opposite signs. Clients are a process of their own.
"""

import contextlib
import functools
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import requests

from benchmarks.figures import Figure, main_of_sections
from benchmarks.serving_hostile import status_counts
from benchmarks.serving_latency import GRPC, IN_PROCESS, REST, Turns, latencies_ms
from benchmarks.serving_load import Load, Outcome, finish, start
from benchmarks.serving_model import NAME, push_two, row
from benchmarks.serving_schemathesis import outcome as schemathesis_outcome
from serving.model_server import free_ports
from serving.registry import Registry

CLIENTS = 32
REQUESTS = 2000
SWAPPED_REQUESTS = 10_000


class Server:
    """A server as a process."""

    def __init__(self, registry: Registry, *options: str) -> None:
        self.registry = registry
        ports = free_ports()
        self.rest, self.grpc = ports.rest, ports.grpc
        command = [sys.executable, "-m", "pipeline.cli", "serve", str(registry.root)]
        command += ["--rest-port", str(self.rest), "--grpc-port", str(self.grpc), *options]
        start_secs = time.perf_counter()
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not self._answers():
            time.sleep(0.02)
        self.start_secs = time.perf_counter() - start_secs

    def _answers(self) -> bool:
        try:
            return requests.post(
                f"http://127.0.0.1:{self.rest}/v1/models/{NAME}:predict",
                json={"instances": row().tolist()},
                timeout=10,
            ).ok
        except requests.ConnectionError:
            if self.process.poll() is not None:
                raise RuntimeError("the server must start. Received: its end.") from None
            return False

    def load(self, **given: object) -> Load:
        port = self.grpc if given.get("protocol") == "grpc" else self.rest
        return Load(port=port, model=NAME, values=row()[0].tolist(), **given)  # type: ignore[arg-type]


@contextlib.contextmanager
def _server(registry: Registry, *options: str) -> Iterator[Server]:
    server = Server(registry, *options)
    try:
        yield server
    finally:
        server.process.terminate()
        server.process.wait()


def _overheads(registry: Registry) -> Iterator[Figure]:
    with _server(registry) as server:
        yield Figure("from the start of the process to its first answer, s", server.start_secs, 8, "<=")
        path = str(registry.path(registry.version(NAME, 2)))
        turns = Turns(
            saved_model=path, rest_port=server.rest, grpc_port=server.grpc, model=NAME, values=row()[0].tolist()
        )
        found = {name: statistics.median(values) for name, values in latencies_ms(turns).items()}
        print({name: f"p50 {value:.3f} ms" for name, value in found.items()})
        for name, bar in ((REST, 1.0), (GRPC, 0.7)):
            what = f"{name}, one client: p50 over that of the loaded model, ms"
            yield Figure(what, found[name] - found[IN_PROCESS], bar, "<=")


def _ask(server: Server, **given: object) -> Outcome:
    outcome = finish(start(server.load(**given)))
    if set(outcome.statuses) != {"200"}:
        raise RuntimeError(f"all requests must be answered. Received: {outcome.statuses}.")
    return outcome


def _throughputs(registry: Registry) -> Iterator[Figure]:
    rates = {}
    for options in (("--no-batching",), ()):
        with _server(registry, *options) as server:
            _ask(server, protocol="grpc", clients=CLIENTS, requests=1000)
            outcome = _ask(server, protocol="grpc", clients=CLIENTS, requests=4 * REQUESTS)
            rates[options] = len(outcome.latencies_ms) / outcome.secs
            if not options:
                half = _ask(server, protocol="grpc", clients=CLIENTS, secs=10, per_sec=rates[()] / 2)
    print({" ".join(options) or "batching": f"{rate:,.0f} requests a second" for options, rate in rates.items()})
    what = f"{CLIENTS} clients: requests a second with batching over those without"
    yield Figure(what, rates[()] / rates["--no-batching",], 3, ">=")
    p50, p99 = (statistics.quantiles(half.latencies_ms, n=100)[percent - 1] for percent in (50, 99))
    yield Figure("at half of the greatest throughput: p99 over p50", p99 / p50, 5, "<=")


def _logged(registry: Registry) -> Iterator[Figure]:
    directory = Path(registry.root).parent
    rates: dict[str, list[float]] = {"off": [], "on": []}
    for _ in range(3):
        for name, options in (
            ("off", ()),
            ("on", ("--request-log", str(directory / "log"), "--request-log-rate", "0.1")),
        ):
            with _server(registry, *options) as server:
                _ask(server, clients=CLIENTS, requests=1000)
                outcome = _ask(server, clients=CLIENTS, requests=4 * REQUESTS)
                rates[name].append(len(outcome.latencies_ms) / outcome.secs)
    share = statistics.median(rates["on"]) / statistics.median(rates["off"])
    yield Figure("requests a second with a tenth of them logged over those without", share, 0.97, ">=")


def _swaps(registry: Registry) -> Iterator[Figure]:
    registry.label(NAME, 1, "production")
    with _server(registry) as server:
        clients = start(server.load(clients=8, requests=SWAPPED_REQUESTS))
        # What they got is more than a pipe holds.
        with ThreadPoolExecutor() as pool:
            outcome = pool.submit(finish, clients)
            while not outcome.done():
                time.sleep(1)
                held = registry.at_stage(NAME, "production")
                registry.label(NAME, 3 - (held.number if held else 1), "production")
        statuses = outcome.result().statuses
        failed = SWAPPED_REQUESTS - statuses.get("200", 0)
        yield Figure(f"{SWAPPED_REQUESTS:,} requests while versions are swapped: failed", failed, 0, "<=")
        registry.label(NAME, 1, "production")
        registry.label(NAME, 2, "production")
        while not _is_negative(server):
            time.sleep(0.05)
        clients = start(server.load(clients=8, secs=8))
        time.sleep(3)
        registry.rollback(NAME)
        rolled_back = time.time()
        last_bad = finish(clients).signs["-"]
        yield Figure("from a rollback to the last answer of the bad version, s", last_bad - rolled_back, 2, "<=")
    registry.label(NAME, 2, "production")


def _is_negative(server: Server) -> bool:
    url = f"http://127.0.0.1:{server.rest}/v1/models/{NAME}:predict"
    return requests.post(url, json={"instances": row().tolist()}, timeout=10).json()["predictions"][0][0] < 0


def _hostile(registry: Registry) -> Iterator[Figure]:
    with _server(registry, "--max-body-bytes", "1000000") as server:
        _ask(server, requests=200)
        before_bytes = psutil.Process(server.process.pid).memory_info().rss
        counts = status_counts(server.rest, server.grpc, NAME)
        yield from _borne(server, counts, "malformed and hostile requests")
        _ask(server, requests=10)
        grown = psutil.Process(server.process.pid).memory_info().rss / before_bytes
        yield Figure("malformed and hostile requests: memory after them over before", grown, 1.1, "<=")


def _schemathesis(tag: str, registry: Registry) -> Iterator[Figure]:
    with _server(registry) as server:
        known = {"model": NAME, "version": 2, "label": "production"}
        outcome = schemathesis_outcome(server.rest, tag=tag, known=known)
        yield from _borne(server, outcome.statuses, f"schemathesis on {tag}")
        what = f"schemathesis on {tag}: answers that are not as they are described"
        yield Figure(what, len(outcome.failures), 0, "<=")
        _ask(server, requests=10)


def _borne(server: Server, counts: Mapping[int, int], what: str) -> Iterator[Figure]:
    print(f"{what}: {sum(counts.values()):,}, of these {dict(counts)}")
    wrong = sum(count for status, count in counts.items() if status >= 500 and status != 503)
    yield Figure(f"{what}: answers 5xx but 503", wrong, 0, "<=")
    yield Figure(f"{what}: ends of the server", float(server.process.poll() is not None), 0, "<=")


def _ending(registry: Registry) -> Iterator[Figure]:
    with _server(registry) as server:
        clients = start(server.load(clients=8, secs=30))
        time.sleep(5)
        os.kill(server.process.pid, signal.SIGTERM)
        server.process.wait()
        outcome = finish(clients)
        print(f"SIGTERM under load: {outcome.statuses}")
        cut_off = sum(count for status, count in outcome.statuses.items() if status not in ("200", "-1"))
        yield Figure("SIGTERM under load: requests cut off", cut_off, 0, "<=")


def _main() -> None:
    with tempfile.TemporaryDirectory() as directory:

        @functools.cache
        def registry() -> Registry:
            made = Registry(Path(directory) / "registry")
            push_two(made, Path(directory))
            return made

        def section(measure: Callable[[Registry], Iterator[Figure]]) -> Callable[[], Sequence[Figure]]:
            return lambda: list(measure(registry()))

        measures: dict[str, Callable[[Registry], Iterator[Figure]]] = {
            "overheads": _overheads,
            "throughputs": _throughputs,
            "swaps": _swaps,
            "hostile": _hostile,
            "schemathesis_rest": functools.partial(_schemathesis, "TensorFlow Serving"),
            "schemathesis_v2": functools.partial(_schemathesis, "Open Inference Protocol"),
            "ending": _ending,
            "logged": _logged,
        }
        sections = {name: section(measure) for name, measure in measures.items()}
        main_of_sections("serving", sections, seed=0, asked={})


if __name__ == "__main__":
    _main()
