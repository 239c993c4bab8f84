"""What a server that runs on what would ship says over REST and gRPC, and how fast."""

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from components.serving_check.differences import difference_finding
from components.serving_check.options import GATE, ServerCheckOptions
from components.serving_check.warmup import write_warmup
from compression.files.differences import max_difference
from records.findings import Finding
from records.warmup import WARMUP_FILE, WARMUP_FOLDER
from serving.client.client import DEFAULT_SIGNATURE, ServingClient
from serving.client.errors import ClientError
from serving.client.retries import Retries
from serving.latency_histogram import LatencyHistogram
from serving.model_server import ModelServerError, Ports, free_ports, running, server_command
from serving.registry import Registry
from serving.tensor_info import ModelInputError

Requests = Mapping[str, Mapping[str, np.ndarray]]
_MODEL = "candidate"
# Before the first that is counted.
_WARMUP_REQUESTS = 10
# Of one question whether a server is ready.
_READY_SECS = 2.0


def server_findings(
    options: ServerCheckOptions,
    *,
    saved_model: str,
    warmup_examples: int,
    requests: Requests,
    expected: Mapping[str, np.ndarray],
    limit: float,
) -> list[Finding]:
    """Starts each server on the SavedModel, as a pushed version has it, and asks it.

    Args:
      options: which servers, and their limits.
      saved_model: directory.
      warmup_examples: as many warm the server up as do one that serves the pushed version.
      requests: `{signature: {input: [example, ...]}}`.
      expected: the trained model's predictions, `{output: [example, ...]}`.
      limit: of any difference from them.
    """
    findings = []
    with tempfile.TemporaryDirectory() as directory:
        registry, extra = Registry(Path(directory, "registry")), {}
        if warmup_examples:
            write_warmup(directory, requests, examples=warmup_examples)
            extra[f"{WARMUP_FOLDER}/{WARMUP_FILE}"] = Path(directory, WARMUP_FILE)
        registry.push(_MODEL, push_key=_MODEL, saved_model=saved_model, extra=extra, stage="production")
        for server in options.servers:
            ports = free_ports()
            name = Path(server).name
            urls = _urls(ports)
            command = server_command(server, Path(registry.root), _MODEL, ports)
            try:
                with running(
                    command,
                    log=Path(directory, "server.log"),
                    is_ready=lambda urls=urls: all(map(_is_ready, urls.values())),  # type: ignore[misc]
                    timeout_secs=options.max_start_secs,
                ) as start_secs:
                    findings.append(_limited("seconds until it answers", name, start_secs, options.max_start_secs))
                    for way, url in urls.items():
                        findings += answer_findings(url, f"{name}, {way}", options, requests, expected, limit)
            except ModelServerError as error:
                findings.append(_limited("seconds until it answers", name, error, options.max_start_secs))
    return findings


def answer_findings(
    url: str,
    where: str,
    options: ServerCheckOptions,
    requests: Requests,
    expected: Mapping[str, np.ndarray],
    limit: float,
) -> list[Finding]:
    """What a running server says: each output of each signature against the trained model's, and how long one takes."""
    findings = []
    with ServingClient(url, retries=Retries(timeout_secs=options.timeout_secs)) as client:
        for signature, inputs in requests.items():
            place = f"{where} {signature}"
            try:
                outputs = client.predict(inputs, signature=signature)
            except (ClientError, ModelInputError) as error:
                findings.append(difference_finding(place, "outputs", error, limit))
                continue
            findings += [
                difference_finding(place, key, max_difference(outputs.get(key), value), limit)
                for key, value in expected.items()
            ]
        if options.max_latency_ms is not None:
            metric = "p99 latency of one example, ms"
            try:
                latency = _p99_ms(client, requests[DEFAULT_SIGNATURE], options.requests)
            except (ClientError, ModelInputError) as error:
                findings.append(_limited(metric, where, error, options.max_latency_ms))
            else:
                findings.append(_limited(metric, where, latency, options.max_latency_ms))
    return findings


def _p99_ms(client: ServingClient, inputs: Mapping[str, np.ndarray], requests: int) -> float:
    latencies = LatencyHistogram()
    count = len(next(iter(inputs.values())))
    for number in range(-_WARMUP_REQUESTS, requests):
        one = {name: values[number % count : number % count + 1] for name, values in inputs.items()}
        start = time.perf_counter()
        client.predict(one)
        if number >= 0:
            latencies.record(time.perf_counter() - start)
    return latencies.p99_ms


def _urls(ports: Ports) -> dict[str, str]:
    return {
        "REST": f"http://127.0.0.1:{ports.rest}/v1/models/{_MODEL}",
        "gRPC": f"grpc://127.0.0.1:{ports.grpc}/{_MODEL}",
    }


def _is_ready(url: str) -> bool:
    try:
        with ServingClient(url, retries=Retries(timeout_secs=_READY_SECS)) as client:
            return any(version.state == "AVAILABLE" for version in client.status())
    except ClientError:
        return False


def _limited(metric: str, where: str, value: float | Exception, limit: float) -> Finding:
    """A figure that must not be above its limit; an exception says why there is none."""
    if isinstance(value, Exception):
        shown: float | str = f"none: {value}"
        is_kept = False
    else:
        shown, is_kept = value, value <= limit
    return Finding(
        gate=GATE,
        metric=metric,
        where=where,
        value=shown,
        limit=f"<= {limit:g}",
        passed=is_kept,
        advice="See what the server wrote, or loosen serving_check.server.",
    )
