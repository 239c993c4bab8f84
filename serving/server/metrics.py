"""What Prometheus reads: TensorFlow Serving's own names where it has the figure, else `slipway_serving_*`."""

from typing import Any

import grpc
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.registry import Collector

from serving.server.catalog import AVAILABLE, Catalog

# prometheus_exporter.cc.
PATH = "/monitoring/prometheus/metrics"
CONTENT_TYPE = "text/plain"
# util.cc: a scale of 10 and a power of 1.8, 33 buckets with the last one's infinity.
_LATENCY_BUCKETS = tuple(10 * 1.8**power for power in range(32))
_BATCH_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
_EXAMPLE_BUCKETS = tuple(2**power for power in range(15))


class Metrics:
    """A server's figures.

    Args:
      catalog: whose versions are told.
    """

    def __init__(self, catalog: Catalog) -> None:
        disable_created_metrics()
        self._registry = registry = CollectorRegistry()
        prefix = ":tensorflow:serving:"
        self._requests = Counter(
            f"{prefix}request_count", "The total number of requests.", ["model_name", "status"], registry=registry
        )
        self._latency = Histogram(
            f"{prefix}request_latency",
            "Distribution of wall time (in microseconds) for Tensorflow Serving request.",
            ["model_name", "API", "entrypoint"],
            buckets=_LATENCY_BUCKETS,
            registry=registry,
        )
        self._examples = Histogram(
            f"{prefix}request_example_counts",
            "The number of tensorflow.Examples per request.",
            ["model"],
            buckets=_EXAMPLE_BUCKETS,
            registry=registry,
        )
        self._batch_size = Histogram(
            "slipway_serving_batch_size", "Rows of a call.", ["model_name"], buckets=_BATCH_BUCKETS, registry=registry
        )
        self._queue_depth = Gauge(
            "slipway_serving_queue_depth",
            "Requests of a signature that wait for a call, when one starts.",
            ["model_name", "signature"],
            registry=registry,
        )
        self.in_flight = Gauge("slipway_serving_in_flight_requests", "Requests under way.", registry=registry)
        registry.register(_Versions(catalog))
        self._children: dict[Any, Any] = {}

    def count_request(self, model: str, api: str, entrypoint: str, code: grpc.StatusCode, secs: float) -> None:
        """One answer. Latency is told of answers that are none of errors, as TensorFlow Serving does."""
        self._child(self._requests, model, code.name).inc()
        if code is grpc.StatusCode.OK:
            self._child(self._latency, model, api, entrypoint).observe(secs * 1e6)

    def count_examples(self, model: str, count: int) -> None:
        """The tf.Examples of a request to classify or regress."""
        self._child(self._examples, model).observe(count)

    def count_batch(self, model: str, signature: str, rows: int, waiting: int) -> None:
        """One call of a batch."""
        self._child(self._batch_size, model).observe(rows)
        self._child(self._queue_depth, model, signature).set(waiting)

    def _child(self, metric: Any, *labels: str) -> Any:
        """As `metric.labels`, which checks and locks each time."""
        key = (metric, labels)
        if key not in self._children:
            self._children[key] = metric.labels(*labels)
        return self._children[key]

    def page(self) -> bytes:
        """All figures in Prometheus' text format."""
        # The library ends a counter's name with _total, TensorFlow Serving does not.
        return generate_latest(self._registry).replace(b":request_count_total", b":request_count")


class _Versions(Collector):
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def collect(self) -> list:
        from prometheus_client.core import GaugeMetricFamily

        available = GaugeMetricFamily(
            "slipway_serving_version_available",
            "Whether a version of a model is loaded; 2 for the one that answers by default.",
            labels=["model_name", "version"],
        )
        for model in self._catalog.models.values():
            for number, version in model.versions.items():
                state = (version.state == AVAILABLE) + (number == model.default)
                available.add_metric([model.name, str(number)], state)
        return [available]
