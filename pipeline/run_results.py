"""From the artifacts of a run to the results in its record."""

from collections.abc import Mapping, Sequence

from components.evaluator.metrics import candidate_intervals, candidate_metrics, overall_metrics
from inspection.store import Artifact, NodeExecution
from records.findings import Finding, read_findings
from records.model_run import read_model_facts
from records.push import read_push
from records.run import RunRecord, VariantRecord
from records.shipment import read_shipment
from records.spans import spans_of
from records.variants import MeasuredVariant, read_choice, read_measurements

# The nodes that leave findings, and the channel whose artifact holds them.
GATES = {"DataGate": "blessing", "Evaluator": "evaluation", "EdgeEvaluator": "evaluation", "ServingCheck": "blessing"}
# The node that judges, by what findings call the gate.
NODES_OF_GATES = {
    "data": "DataGate",
    "evaluation": "Evaluator",
    "compression": "EdgeEvaluator",
    "serving": "ServingCheck",
}

# {node: {channel: artifacts}}.
Outputs = Mapping[str, Mapping[str, Sequence[Artifact]]]


def add_results(
    record: RunRecord, executions: Sequence[NodeExecution], *, metric: str, refused: Sequence[Finding] = ()
) -> None:
    """Adds metrics, variants, findings and pushes to a record.

    Args:
      record: record of the run, which is completed.
      executions: executions of the run.
      metric: name of the metric that becomes the variants' `metric`.
      refused: findings of the gate that ended the run; TFX throws away what a step that raises has written.
    """
    outputs = {node.node: node.outputs for node in executions if node.state in ("done", "cached")}
    for node, channel in GATES.items():
        if node in outputs:
            record.gates += read_findings(outputs[node][channel][0].uri)
    recorded = {finding.gate for finding in record.gates}
    record.gates += [finding for finding in refused if finding.gate not in recorded]
    if "ExampleGen" in outputs:
        record.spans = spans_of(outputs["ExampleGen"]["examples"][0].properties)
    if "Trainer" in outputs:
        facts = read_model_facts(outputs["Trainer"]["model_run"][0].uri)
        record.metrics["parameters"] = facts.parameters
        record.training = facts.training
        record.hyperparameters = dict(facts.hyperparameters)
    if "Evaluator" in outputs:
        evaluation = outputs["Evaluator"]["evaluation"][0].uri
        metrics = candidate_metrics(evaluation)
        record.intervals |= {f"test_{name}": interval for name, interval in candidate_intervals(evaluation).items()}
        record.metrics |= {f"test_{name}": value for name, value in metrics.items()}
    if "Compressor" in outputs:
        uri = outputs["Compressor"]["variants"][0].uri
        record.variants = _variants(read_measurements(uri), outputs, metric)
        record.choice = read_choice(uri)
    if "Pusher" in outputs:
        [pusher] = [node for node in record.nodes if node.name == "Pusher"]
        push = read_push(outputs["Pusher"]["pushed_model"][0].uri)
        record.pushes = [push.by_earlier_run() if pusher.cached else push]


def _variants(measured: Sequence[MeasuredVariant], outputs: Outputs, metric: str) -> list[VariantRecord]:
    """The variants with what EdgeEvaluator computed, and whether the gates so far have left them out."""
    by_variant = overall_metrics(outputs["EdgeEvaluator"]["evaluation"][0].uri) if "EdgeEvaluator" in outputs else {}
    left_out = _left_out(measured, outputs)
    found = []
    for variant in measured:
        # TFMA does not name a model that it has alone.
        values = by_variant.get(variant.name) or by_variant.get("", {})
        found.append(VariantRecord(**vars(variant), metric=values.get(metric), left_out=variant.name in left_out))
    return found


def _left_out(measured: Sequence[MeasuredVariant], outputs: Outputs) -> set[str]:
    judge = next((node for node in ("ServingCheck", "EdgeEvaluator") if node in outputs), None)
    if judge is None:
        return set()
    shipment = read_shipment(outputs[judge][GATES[judge]][0].uri)
    return {variant.name for variant in measured}.difference(shipment.variants, shipment.needed)
