"""What a config names must be there: found out before anything runs, without TensorFlow."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from data.did_you_mean import did_you_mean
from data.errors import SourceNotFoundError
from pipeline.errors import ConfigError
from serving.registry import Registry, RegistryUsageError
from tasks.base import Task

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2

    from pipeline.config import PipelineConfig

# Tuner only with a section `tune`.
NODES = (
    "ExampleGen",
    "SchemaGen",
    "StatisticsGen",
    "ExampleValidator",
    "DataGate",
    "Transform",
    "Tuner",
    "Trainer",
    "Baseline",
    "Evaluator",
    "Compressor",
    "EdgeEvaluator",
    "ServingCheck",
    "Pusher",
)


def check_names(config: "PipelineConfig", task: Task) -> None:
    """Raises ConfigError where the config names a feature, a node or a kind of registry that there is not."""
    if config.push.registry is not None:
        try:
            Registry(config.push.registry)
        except RegistryUsageError as error:
            raise ConfigError(f"push.registry: {error}") from None
    if config.kubeflow is not None:
        _check("kubeflow.nodes must name nodes", config.kubeflow.nodes, nodes_of(config))
    if config.evaluate.slices or config.data_gate.max_mean:
        _check_features(config, task)


def nodes_of(config: "PipelineConfig") -> list[str]:
    """Names of the nodes of the config's DAG, which takes TFX to make."""
    return [node for node in NODES if node != "Tuner" or config.tune is not None]


def _check_features(config: "PipelineConfig", task: Task) -> None:
    try:
        schema = task.schema()
    except (SourceNotFoundError, OSError):
        # Whoever reads the source says so; a pipeline is compiled where its data need not be.
        return
    features = f"features of {type(task).__name__}"
    raw = [feature.name for feature in schema.feature]
    _check(f"evaluate.slices must name raw {features}", config.evaluate.slices, raw)
    numeric = [feature.name for feature in schema.feature if _has_mean(feature)]
    _check(f"data_gate.max_mean must name numeric {features}", config.data_gate.max_mean, numeric)


def _has_mean(feature: "schema_pb2.Feature") -> bool:
    """Whether TFDV computes one; to it a category is no number, whatever its type."""
    from tensorflow_metadata.proto.v0 import schema_pb2

    is_category = feature.int_domain.is_categorical or feature.float_domain.is_categorical
    return feature.type in (schema_pb2.INT, schema_pb2.FLOAT) and not is_category


def _check(rule: str, named: Iterable[str], known: Sequence[str]) -> None:
    unknown = [name for name in named if name not in known]
    if unknown:
        raise ConfigError(
            f"{rule}: {', '.join(known) or 'it has none'}. Received: {', '.join(unknown)}."
            f"{did_you_mean(unknown[0], known)}"
        )
