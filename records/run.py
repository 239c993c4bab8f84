"""The run record: `summary.json`, what a run did and what came out, for people, reports and scripts."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from records.evaluation import Interval
from records.findings import Finding
from records.known_fields import known_fields
from records.model_run import TrainingFacts
from records.push import Push
from records.root import run_directory
from records.spans import Spans, as_spans
from records.variants import Choice, MeasuredVariant

RECORD_FILE = "summary.json"


@dataclass(kw_only=True)
class NodeRecord:
    """One node of one run.

    Attributes:
      name: name of the node.
      upstream: names of the nodes that it waits for.
      state: pending, running, done, cached, refused, failed, interrupted or skipped.
      cached: whether its outputs are an earlier run's.
      secs: time that it took, the launcher's included.
      executor_secs: time that its executor took.
      reasons: why it ran though an earlier run had it.
      restarts: how often its executor started again, after an error that need not come back.
    """

    name: str
    upstream: list[str]
    state: str = "pending"
    cached: bool = False
    secs: float = 0.0
    executor_secs: float = 0.0
    reasons: list[str] = field(default_factory=list)
    restarts: int = 0

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "NodeRecord":
        """A node out of its JSON."""
        return cls(**known_fields(cls, values))


@dataclass(frozen=True, kw_only=True)
class VariantRecord(MeasuredVariant):
    """A variant, and what became of it in a run.

    Attributes:
      metric: the task's first metric on the test split; None where EdgeEvaluator did not compute it.
      left_out: whether a gate left it out of what ships.
    """

    metric: float | None = None
    left_out: bool = False


@dataclass(kw_only=True)
class RunRecord:
    """One run.

    Attributes:
      run_id: unique in its root; ids sort by the time at which runs began.
      key: digest of all that the pipeline is made of; see `pipeline.run_key`.
      pipeline: name of the pipeline.
      state: running, done, refused, failed or interrupted.
      error: what ended the run, in words; None where nothing did.
      started_at: UTC, ISO 8601.
      from_node: first node of the part of the DAG that was asked for; None where it was the whole one.
      to_node: last node of that part.
      config: the config with its defaults.
      versions: version of each distribution that matters.
      git_commit: commit of the config's checkout.
      spans: {span: its version} of the data that ExampleGen read; empty where it does not come in spans.
      label_key: the feature that predictions are compared with.
      labels: what its values are called.
      total_secs: from the start of the process.
      startup_secs: until the first node: imports, the config, cache keys.
      nodes_secs: from the start of the first node to the end of the last, with TFX's launcher and ML Metadata between.
      executor_secs: in which executors ran, one at least.
      orchestration_share: the part of `total_secs` that no executor took.
      nodes: in the order of the DAG.
      metrics: `test_` before the names of the task's metrics, and `parameters`.
      intervals: where these are with a confidence of 95 %; empty without `evaluate.confidence`.
      hyperparameters: the values that Tuner found, by dotted key, with which everything after it was made; none without
        a Tuner.
      training: what the training came to; None where there was none.
      variants: the TFLite variants, in the order of the config.
      choice: which variant is the best within the budgets, and why; None where nothing was compressed.
      gates: the findings of the gates that the run came to.
      pushes: what was pushed.
    """

    run_id: str
    key: str = ""
    pipeline: str
    state: str = "running"
    error: str | None = None
    started_at: str = ""
    from_node: str | None = None
    to_node: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    git_commit: str | None = None
    spans: Spans = field(default_factory=dict)
    label_key: str = ""
    labels: list[str] = field(default_factory=list)
    total_secs: float = 0.0
    startup_secs: float = 0.0
    nodes_secs: float = 0.0
    executor_secs: float = 0.0
    orchestration_share: float = 0.0
    nodes: list[NodeRecord] = field(default_factory=list)
    metrics: dict[str, float] = field(default_factory=dict)
    intervals: dict[str, Interval] = field(default_factory=dict)
    hyperparameters: dict[str, Any] = field(default_factory=dict)
    training: TrainingFacts | None = None
    variants: list[VariantRecord] = field(default_factory=list)
    choice: Choice | None = None
    gates: list[Finding] = field(default_factory=list)
    pushes: list[Push] = field(default_factory=list)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "RunRecord":
        """A record out of its JSON, an earlier version's too; what that did not record is as if it had not been."""
        known = known_fields(cls, values)
        training, choice = values.get("training"), values.get("choice")
        typed = {
            "nodes": list(map(NodeRecord.from_json, values.get("nodes", ()))),
            "training": TrainingFacts.from_json(training) if training else None,
            "variants": list(map(VariantRecord.from_json, values.get("variants", ()))),
            "choice": Choice.from_json(choice) if choice else None,
            "intervals": {name: tuple(ends) for name, ends in values.get("intervals", {}).items()},
            "gates": list(map(Finding.from_json, values.get("gates", ()))),
            "pushes": list(map(Push.from_json, values.get("pushes", ()))),
            "spans": as_spans(values.get("spans", {})),
        }
        return cls(**{**known, **typed})

    def as_json(self) -> dict[str, Any]:
        """The record as JSON; a training or a choice that there was not is an empty object, as scripts know it."""
        values = asdict(self)
        return {**values, "training": values["training"] or {}, "choice": values["choice"] or {}}

    def write(self, directory: Path) -> Path:
        """Writes the record; a reader never sees half of it."""
        path = directory / RECORD_FILE
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps(self.as_json(), indent=1))
        temporary.replace(path)
        return path

    def repeat(self, *, run_id: str, started_at: str, git_commit: str | None) -> "RunRecord":
        """The record of a run that takes everything that this one came to from the cache; its times are not known yet.

        Args:
          run_id: id of the new run.
          started_at: UTC, ISO 8601.
          git_commit: commit of the config's checkout.
        """
        return replace(
            self,
            run_id=run_id,
            from_node=None,
            to_node=None,
            started_at=started_at,
            git_commit=git_commit,
            nodes=[
                NodeRecord(name=node.name, upstream=node.upstream, state="cached", cached=True) for node in self.nodes
            ],
            pushes=[push.by_earlier_run() for push in self.pushes],
        )

    def add_times(self, *, startup_secs: float, nodes_secs: float, executor_secs: float, total_secs: float) -> None:
        """Takes what was measured."""
        self.startup_secs, self.nodes_secs, self.total_secs = startup_secs, nodes_secs, total_secs
        self.executor_secs = executor_secs
        self.orchestration_share = 1 - executor_secs / total_secs


def recorded_runs(root: Path) -> list[Path]:
    """Directories of a root's runs that have written their records, oldest first."""
    # An id begins with the time at which the run started.
    return sorted(path.parent for path in root.glob(f"{run_directory(Path(), '*')}/{RECORD_FILE}"))


def read_run_record(directory: Path) -> RunRecord | None:
    """The record in a run's directory; None where the run has not written one."""
    path = directory / RECORD_FILE
    return RunRecord.from_json(json.loads(path.read_text())) if path.exists() else None


def read_run_outline(directory: Path) -> RunRecord | None:
    """The record in a run's directory without variants and findings, which take most of the time, for lists of hundreds
    of runs; None where the run has not written one."""
    path = directory / RECORD_FILE
    if not path.exists():
        return None
    return RunRecord.from_json({**json.loads(path.read_text()), "variants": (), "gates": ()})
