"""What the steps recorded that a model card tells."""

import os
from collections.abc import Mapping, Sequence

from etils import epath
from tensorflow_metadata.proto.v0 import path_pb2, statistics_pb2

from components.evaluator.findings import metrics_by_slice
from components.pusher.card import CardFacts
from data.source import SPLITS
from records.findings import read_findings
from records.model_run import read_model_facts
from records.splits import split_folder
from records.variants import MeasuredVariant, read_choice
from tasks.base import Task
from tasks.loading import TaskSpec


def card_facts(
    *,
    model: str,
    spec: TaskSpec,
    task: Task,
    model_run_uri: str,
    statistics_uri: str,
    evaluation_uri: str,
    blessing_uris: Sequence[str],
    variants_uri: str,
    shipped: Sequence[MeasuredVariant],
    run: Mapping[str, str | int],
) -> CardFacts:
    """Reads them.

    Args:
      model: name in the registry.
      spec: of the task.
      task: as it was trained.
      model_run_uri: directory of the model run.
      statistics_uri: of StatisticsGen's.
      evaluation_uri: of Evaluator's.
      blessing_uris: of artifacts that hold findings of gates.
      variants_uri: of the TFLite files.
      shipped: those that ship.
      run: ids that lead back.
    """
    statistics = {split: _statistics(statistics_uri, split) for split in SPLITS}
    return CardFacts(
        model=model,
        task=spec.task,
        facts=read_model_facts(model_run_uri),
        labels=task.labels(),
        rows={split: one.num_examples for split, one in statistics.items()},
        features=_missing(statistics["train"]),
        metrics=metrics_by_slice(evaluation_uri),
        findings=[finding for uri in blessing_uris for finding in read_findings(uri)],
        variants=shipped,
        chosen=read_choice(variants_uri).variant,
        run=run,
    )


def _statistics(uri: str, split: str) -> statistics_pb2.DatasetFeatureStatistics:
    path = epath.Path(os.path.join(uri, split_folder(split), "FeatureStats.pb"))
    found = statistics_pb2.DatasetFeatureStatisticsList.FromString(path.read_bytes()) if path.exists() else None
    return found.datasets[0] if found and found.datasets else statistics_pb2.DatasetFeatureStatistics()


def _missing(statistics: statistics_pb2.DatasetFeatureStatistics) -> dict[str, float]:
    return {
        _name(feature.path, feature.name): _common(feature).num_missing / max(statistics.num_examples, 1)
        for feature in statistics.features
    }


def _name(path: path_pb2.Path, name: str) -> str:
    return ".".join(path.step) or name


def _common(feature: statistics_pb2.FeatureNameStatistics) -> statistics_pb2.CommonStatistics:
    return getattr(feature, feature.WhichOneof("stats")).common_stats
