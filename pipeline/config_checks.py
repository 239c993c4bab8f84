"""What a config names must be there: found out before anything runs, without TensorFlow."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from components.bulk_inferrer.options import CHOSEN, PredictConfig
from components.compressor.options import CompressConfig, variant_name
from components.data_gate.options import DataGateConfig
from components.evaluator.options import EvaluateConfig
from components.evaluator.slicing import interval_features, raw_features
from data.did_you_mean import did_you_mean
from data.errors import SourceNotFoundError
from data.schema.environments import SERVING, features_in
from data.schema.fit import check_fit
from pipeline.errors import ConfigError
from pipeline.kubeflow_options import KubeflowConfig
from pipeline.local_options import LocalConfig
from tasks.base import Task
from tasks.raw_schema import raw_schema

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2


def check_nodes(local: LocalConfig, kubeflow: KubeflowConfig | None, nodes: Sequence[str]) -> None:
    """Raises ConfigError where the config has settings for a node that is none of `nodes`, those of its DAG."""
    _check_known("local.retries must name nodes", local.retries, nodes)
    if kubeflow is not None:
        _check_known("kubeflow.nodes must name nodes", kubeflow.nodes, nodes)


def check_predict(predict: PredictConfig | None, compress: CompressConfig) -> None:
    """Raises ConfigError where the section names a TFLite variant that the pipeline does not make."""
    if predict is not None and predict.variant is not None:
        names = [*map(variant_name, compress.variants), CHOSEN]
        _check_known("predict.variant must be one of compress.variants", [predict.variant], names)


def check_features(
    evaluate: EvaluateConfig, data_gate: DataGateConfig, task: Task, curated: "schema_pb2.Schema | None"
) -> None:
    """Checks the features that a config names, and the schema that its `schema_file` holds.

    Raises:
      ConfigError: the raw examples do not have a feature.
      SchemaError: by the curated schema the task would not get what it reads.
    """
    drifting = data_gate.drift.features if data_gate.drift else {}
    grouped = evaluate.fairness.by if evaluate.fairness else ()
    skewed = data_gate.skew.features if data_gate.skew else {}
    if not any((evaluate.slices, grouped, data_gate.max_mean, drifting, data_gate.skew)) and curated is None:
        return
    try:
        schema = task.schema()
    except (SourceNotFoundError, OSError):
        # Whoever reads the source says so; a pipeline is compiled where its data need not be.
        return
    if curated is not None:
        check_fit(curated, schema, file="schema_file")
        schema = curated
    features = f"features of {type(task).__name__}"
    raw = [feature.name for feature in schema.feature]
    _check_known(f"data_gate.drift.features must name raw {features}", drifting, raw)
    with_places = raw_schema(task, schema)
    if data_gate.skew and SERVING not in with_places.default_environment:
        raise ConfigError(
            f"data_gate.skew holds requests against the schema's environment {SERVING}. Received: schema_file with "
            f"default_environment {', '.join(with_places.default_environment)}. Add {SERVING}, or leave all out."
        )
    sent = [feature.name for feature in features_in(with_places, SERVING)]
    _check_known(f"data_gate.skew.features must name {features} that clients send", skewed, sent)
    numeric = [feature.name for feature in schema.feature if _has_mean(feature)]
    for key, slices in (("evaluate.slices", evaluate.slices), ("evaluate.fairness.by", grouped)):
        _check_known(f"{key} must name raw {features}", raw_features(slices), raw)
        _check_known(f"{key} can be by intervals of numeric {features}", interval_features(slices), numeric)
    if grouped:
        _check_two_classes(task)
    _check_known(f"data_gate.max_mean must name numeric {features}", data_gate.max_mean, numeric)


def _check_two_classes(task: Task) -> None:
    count = len(task.labels())
    if count != 2:
        raise ConfigError(
            f"evaluate.fairness can be of tasks with two classes. Received: {type(task).__name__} with {count}. Drop "
            f"it, and limit metrics per slice by evaluate.gates."
        )


def _has_mean(feature: "schema_pb2.Feature") -> bool:
    """Whether TFDV computes the feature's mean; to it a category is no number, whatever its type."""
    from tensorflow_metadata.proto.v0 import schema_pb2

    is_category = feature.int_domain.is_categorical or feature.float_domain.is_categorical
    return feature.type in (schema_pb2.INT, schema_pb2.FLOAT) and not is_category


def _check_known(rule: str, named: Iterable[str], known: Sequence[str]) -> None:
    unknown = [name for name in named if name not in known]
    if unknown:
        raise ConfigError(
            f"{rule}: {', '.join(known) or 'it has none'}. Received: {', '.join(unknown)}."
            f"{did_you_mean(unknown[0], known)}"
        )
