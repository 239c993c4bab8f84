"""The run record: `summary.json`, what a run did and what came out, for people, reports and scripts."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from components.compressor.measurements import read_choice, read_measurements
from components.evaluator.metrics import candidate_metrics, overall_metrics
from inspection.store import Artifact, NodeExecution
from records.findings import Finding, read_findings
from records.model_run import read_model_facts
from records.push import read_push
from records.shipment import read_shipment

DISTRIBUTIONS = ("slipway", "tfx", "tensorflow", "keras", "tensorflow-model-analysis", "apache-beam", "ai-edge-litert")
FILE_NAME = "summary.json"


@dataclass(kw_only=True)
class NodeRecord:
    """One node of one run; `secs` includes the launcher, `executor_secs` is the executor's own time; `reasons` say why
    it ran though an earlier run had it."""

    name: str
    upstream: list[str]
    state: str = "pending"
    cached: bool = False
    secs: float = 0.0
    executor_secs: float = 0.0
    reasons: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class RunRecord:
    """One run.

    Attributes:
      key: of `pipeline.run_key`.
      label_key: the feature that predictions are compared with.
      labels: what its values are called.
      total_secs: from the start of the process.
      startup_secs: until the first node: imports, the config, cache keys.
      nodes_secs: from the start of the first node to the end of the last, with TFX's launcher and ML Metadata between.
      executor_secs: of the nodes' executors alone.
      orchestration_share: the part of `total_secs` that no executor took.
      hyperparameters: the values that Tuner found, by dotted key, with which everything after it was made; none without
        a Tuner.
      training: what it came to: epochs, steps, the bottleneck, what its guards did.
      choice: which variant is the best within the budgets, and why.
    """

    run_id: str
    key: str = ""
    pipeline: str
    state: str = "running"
    error: str | None = None
    started_at: str = ""
    # The part of the DAG that `--from` and `--to` asked for; None where the whole one was to run.
    from_node: str | None = None
    to_node: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=lambda: {name: version(name) for name in DISTRIBUTIONS})
    git_commit: str | None = None
    label_key: str = ""
    labels: list[str] = field(default_factory=list)
    total_secs: float = 0.0
    startup_secs: float = 0.0
    nodes_secs: float = 0.0
    executor_secs: float = 0.0
    orchestration_share: float = 0.0
    nodes: list[NodeRecord] = field(default_factory=list)
    metrics: dict[str, float] = field(default_factory=dict)
    hyperparameters: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    variants: list[dict[str, Any]] = field(default_factory=list)
    choice: dict[str, Any] = field(default_factory=dict)
    gates: list[Finding] = field(default_factory=list)
    pushes: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def repeating(
        cls, earlier: Mapping[str, Any], *, run_id: str, started_at: str, git_commit: str | None
    ) -> "RunRecord":
        """Of a run that took everything from the cache; its times are not known yet.

        Args:
          earlier: the record of the run that has the outputs, as it was written by this version.
          run_id: of the new run.
          started_at: UTC, ISO 8601.
          git_commit: of the config's checkout.
        """
        nodes = [
            NodeRecord(name=node["name"], upstream=node["upstream"], state="cached", cached=True)
            for node in earlier["nodes"]
        ]
        changed = {
            "run_id": run_id,
            "from_node": None,
            "to_node": None,
            "started_at": started_at,
            "git_commit": git_commit,
            "nodes": nodes,
            "gates": [Finding.from_json(finding) for finding in earlier["gates"]],
            "pushes": list(map(_by_earlier_run, earlier["pushes"])),
        }
        return cls(**{**earlier, **changed})

    def write(self, directory: Path) -> Path:
        """Writes the record; a reader never sees half of it."""
        path = directory / FILE_NAME
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps(asdict(self), indent=1))
        temporary.replace(path)
        return path

    def add_times(self, *, startup_secs: float, nodes_secs: float, total_secs: float) -> None:
        """Takes what was measured, after the nodes have their times."""
        self.startup_secs, self.nodes_secs, self.total_secs = startup_secs, nodes_secs, total_secs
        self.executor_secs = sum(node.executor_secs for node in self.nodes)
        self.orchestration_share = 1 - self.executor_secs / total_secs

    def add_results(self, executions: Sequence[NodeExecution], *, metric: str) -> None:
        """Takes metrics, variants, gates and pushes out of the artifacts of the run's executions.

        Args:
          executions: of the run.
          metric: the one that a variant's `metric` is.
        """
        outputs = {node.node: node.outputs for node in executions if node.state in ("done", "cached")}
        for node, channel in GATES.items():
            if node in outputs:
                self.gates += read_findings(outputs[node][channel][0].uri)
        if "Trainer" in outputs:
            facts = read_model_facts(outputs["Trainer"]["model_run"][0].uri)
            self.metrics["parameters"] = facts.parameters
            self.training = asdict(facts.training)
            self.hyperparameters = dict(facts.hyperparameters)
        if "Evaluator" in outputs:
            metrics = candidate_metrics(outputs["Evaluator"]["evaluation"][0].uri)
            self.metrics |= {f"test_{name}": value for name, value in metrics.items()}
        if "Compressor" in outputs:
            uri = outputs["Compressor"]["variants"][0].uri
            self.variants = read_measurements(uri)
            self.choice = asdict(read_choice(uri))
        self._add_shipment(outputs)
        if "EdgeEvaluator" in outputs:
            by_variant = overall_metrics(outputs["EdgeEvaluator"]["evaluation"][0].uri)
            for variant in self.variants:
                values = by_variant.get(variant["name"]) or by_variant.get("", {})
                if metric in values:
                    variant["metric"] = values[metric]
        if "Pusher" in outputs:
            [node] = [node for node in self.nodes if node.name == "Pusher"]
            pushed = asdict(read_push(outputs["Pusher"]["pushed_model"][0].uri))
            self.pushes = [_by_earlier_run(pushed) if node.cached else pushed]

    def _add_shipment(self, outputs: Mapping[str, Mapping[str, Sequence[Artifact]]]) -> None:
        """Says of each variant whether the gates so far have left it out."""
        judge = next((node for node in ("ServingCheck", "EdgeEvaluator") if node in outputs), None)
        if judge is None:
            return
        shipment = read_shipment(outputs[judge][GATES[judge]][0].uri)
        for variant in self.variants:
            variant["left_out"] = variant["name"] not in (*shipment.variants, *shipment.needed)


# The nodes that leave findings, and the channel whose artifact holds them.
GATES = {"DataGate": "blessing", "Evaluator": "evaluation", "EdgeEvaluator": "evaluation", "ServingCheck": "blessing"}
# The node that judges, by what findings call the gate.
NODES_OF_GATES = {
    "data": "DataGate",
    "evaluation": "Evaluator",
    "compression": "EdgeEvaluator",
    "serving": "ServingCheck",
}


def _by_earlier_run(push: Mapping[str, Any]) -> dict[str, Any]:
    """What a cached node wrote, an earlier run did."""
    return {**push, "in_this_run": False, "moved_from": None}


def git_commit(directory: Path) -> str | None:
    """The commit of the checkout that holds `directory`, marked where files differ from it; None outside one."""
    try:
        described = subprocess.run(
            ["git", "-C", str(directory), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return described.stdout.strip()
