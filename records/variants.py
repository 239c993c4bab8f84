"""What is known of the TFLite variants of a model: their measurements, and the choice among them."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from records.artifact_files import read_file, write_file
from records.known_fields import known_fields

VARIANTS_FILE = "variants.json"
CHOICE_FILE = "choice.json"
# The variant that the others are compared with.
REFERENCE = "float32"

V = TypeVar("V", bound="MeasuredVariant")


@dataclass(frozen=True, kw_only=True)
class LayerSparsity:
    """How many of a layer's weights are zero, as they are in a file.

    Attributes:
      layer: name of the layer.
      sparsity: share of zeros, from 0 to 1.
      weights: how many there are.
    """

    layer: str
    sparsity: float
    weights: int


@dataclass(frozen=True, kw_only=True)
class LayerError:
    """How far a layer's output in a quantized file is off.

    Attributes:
      layer: path of the layer, or name of an operation that belongs to no layer.
      error: root of the mean squared difference from the float32 file's output, over the root mean square of that.
    """

    layer: str
    error: float


@dataclass(frozen=True, kw_only=True)
class MeasuredVariant:
    """One TFLite file and its measurements; None stands for what was not measured, as by an earlier version.

    Attributes:
      name: name of the variant, and of its file.
      precision: precision of the file, such as int8.
      retrained: whether the file was made of another model than the trained one.
      difference: mean difference of the outputs from the source model's on the sample, as a share of their standard
        deviation, the largest over the outputs.
      bytes: size of the file.
      gzip_bytes: size of the file when it is compressed.
      weights: how many weights the file holds.
      nonzero_weights: how many of the weights are not zero.
      layer_errors: error of each layer of a file that was quantized after training, the worst first.
      ops: names of the operations, sorted.
      needs_flex: whether there are operations that need TFLite's Flex delegate.
      layer_sparsity: zeros of each kernel.
      latency_p50_ms: median latency at batch 1, on one thread.
      latency_p90_ms: the same, 90th percentile.
      latency_p99_ms: the same, 99th percentile.
      latency_buckets_ms: (upper end, calls) of each bucket of the histogram.
      batch_latency_p50_ms: median latency at batch 32; None where the file takes no batches.
      batch_latency_p90_ms: the same, 90th percentile.
      batch_latency_p99_ms: the same, 99th percentile.
      delegated: whether XNNPACK runs the file.
      peak_memory_bytes: peak memory of an inference.
      eval_metric: the task's first metric on the eval split.
      eval_metric_low: lower end of its 95 % confidence interval.
      eval_metric_high: upper end of its 95 % confidence interval.
      agreement: the metric with the reference's predictions taken for the truth.
      equals: names of the variants whose metric differs from this one's by no more than chance.
    """

    name: str
    precision: str = ""
    retrained: bool = False
    difference: float = math.nan
    bytes: int
    gzip_bytes: int
    weights: int | None = None
    nonzero_weights: int | None = None
    layer_errors: tuple[LayerError, ...] = ()
    ops: tuple[str, ...] = ()
    needs_flex: bool = False
    layer_sparsity: tuple[LayerSparsity, ...] = ()
    latency_p50_ms: float
    latency_p90_ms: float | None = None
    latency_p99_ms: float
    latency_buckets_ms: tuple[tuple[float, int], ...] = ()
    batch_latency_p50_ms: float | None = None
    batch_latency_p90_ms: float | None = None
    batch_latency_p99_ms: float | None = None
    delegated: bool
    peak_memory_bytes: int | None = None
    eval_metric: float | None = None
    eval_metric_low: float | None = None
    eval_metric_high: float | None = None
    agreement: float | None = None
    equals: tuple[str, ...] = ()

    @property
    def latency_ms(self) -> dict[int, float | None]:
        """Latency at batch 1, by percentile."""
        return {50: self.latency_p50_ms, 90: self.latency_p90_ms, 99: self.latency_p99_ms}

    @property
    def batch_latency_ms(self) -> dict[int, float | None]:
        """Latency at batch 32, by percentile."""
        return {50: self.batch_latency_p50_ms, 90: self.batch_latency_p90_ms, 99: self.batch_latency_p99_ms}

    @classmethod
    def from_json(cls: type[V], values: Mapping[str, Any]) -> V:
        """A variant out of its JSON; what an earlier version did not measure is None."""
        lists = {
            "layer_errors": (LayerError(**known_fields(LayerError, each)) for each in values.get("layer_errors", ())),
            "layer_sparsity": (LayerSparsity(**each) for each in values.get("layer_sparsity", ())),
            "latency_buckets_ms": map(tuple, values.get("latency_buckets_ms", ())),
            **{key: values.get(key, ()) for key in ("ops", "equals")},
        }
        return cls(**{**known_fields(cls, values), **{key: tuple(found) for key, found in lists.items()}})


@dataclass(frozen=True, kw_only=True)
class Miss:
    """A budget that a variant is over."""

    variant: str
    budget: str
    value: float
    limit: float

    def __str__(self) -> str:
        return f"{self.variant}: {self.budget} {self.value:.4g}, over by {self.value - self.limit:.4g}"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which variant is the best within the budgets.

    Attributes:
      variant: name of the best variant within the budgets; None where there is none.
      reason: why, in a sentence.
      front: the variants than which no other is better in one of metric, latency and bytes, and no worse in the rest,
        budgets aside.
      misses: each budget that a variant is over.
    """

    variant: str | None
    reason: str
    front: tuple[str, ...]
    misses: tuple[Miss, ...] = ()

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Choice":
        """A choice out of its JSON."""
        misses = tuple(Miss(**miss) for miss in values.get("misses", ()))
        return cls(**{**known_fields(cls, values), "front": tuple(values["front"]), "misses": misses})


def variant_file(name: str) -> str:
    """Name of a variant's file, in Compressor's artifact and in a bundle."""
    return f"{name}.tflite"


def write_measurements(uri: str, variants: Sequence[MeasuredVariant]) -> None:
    """Writes the variants' measurements beside their files."""
    write_file(uri, VARIANTS_FILE, json.dumps([asdict(variant) for variant in variants], indent=1))


def read_measurements(uri: str) -> list[MeasuredVariant]:
    """The variants' measurements, from beside their files."""
    return [MeasuredVariant.from_json(values) for values in json.loads(read_file(uri, VARIANTS_FILE))]


def write_choice(uri: str, choice: Choice) -> None:
    """Writes the choice among the variants beside their files."""
    write_file(uri, CHOICE_FILE, json.dumps(asdict(choice), indent=1))


def read_choice(uri: str) -> Choice:
    """The choice among the variants, from beside their files."""
    return Choice.from_json(json.loads(read_file(uri, CHOICE_FILE)))
