"""Whether exactly the nodes run anew that a change can reach: `python -m benchmarks.cache`.

Each option that digits.yaml and co2.yaml set gets another value, by itself, and the pipeline runs for real on the root
of the unchanged one, with little training and gates that let everything pass. What is done is kept below the folder of
temporary files, so that an interrupted measurement goes on.
"""

import copy
import functools
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from benchmarks.figures import Figure, main
from benchmarks.run_results import newest_record
from pipeline.step_code import step_code
from records.run import RunRecord

PROJECT = Path(__file__).resolve().parents[1]

DATA = {"ExampleGen", "StatisticsGen", "ExampleValidator", "DataGate"}
PUSH = {"Pusher"}
SERVING = {"ServingCheck"} | PUSH
EDGE = {"EdgeEvaluator"} | SERVING
COMPRESSOR = {"Compressor"} | EDGE
EVALUATOR = {"Evaluator"} | COMPRESSOR
TRAINER = {"Trainer", "Baseline"} | EVALUATOR
TRANSFORM = {"Transform"} | TRAINER
SOURCE = DATA | TRANSFORM
ALL = SOURCE | {"SchemaGen"}
NOTHING: set[str] = set()

# What the runs change besides, to be short and to come to their end.
SHORT = {
    "digits": {
        "train.epochs": 2,
        "train.schedule.warmup_epochs": 1,
        "evaluate.gates.accuracy": {"min": 0.001, "min_per_slice": 0.0, "max_worsening": 1.0},
        "compress.variants": ["float32", "dynamic"],
        "compress.budgets.max_metric_drop": 1.0,
        "compress.gates.accuracy": {"min": 0.001, "max_worsening": 1.0},
        "serving_check": {"max_difference": 0.1},
    },
    "co2": {
        "train.epochs": 2,
        "train.schedule.warmup_epochs": 1,
        "evaluate.gates.mae_over_naive.max": 99.0,
        "evaluate.gates.mase": {"max": 99.0, "max_per_slice": 99.0, "max_worsening": 99.0},
        "evaluate.gates.coverage": {"min": 0.0, "max": 1.0},
        # Models of other windows and quantiles cannot be compared with the one in production.
        "evaluate.incomparable_baseline": "ignore",
        "compress.variants": ["float32", "dynamic"],
        "compress.budgets.max_metric_drop": 9.0,
        "compress.gates.mase": {"max": 99.0, "max_worsening": 99.0},
        "serving_check.max_difference": 1.0,
    },
}
# Of each option: another value, and the nodes whose outputs it can change.
BOTH: dict[str, tuple[Any, set[str]]] = {
    # Another pipeline, whose models are compared with none of these.
    "name": ("another", ALL),
    "seed": (7, TRAINER),
    "data_gate.min_examples.train": (2, {"DataGate"}),
    "data_gate.min_examples.eval": (2, {"DataGate"}),
    "data_gate.min_examples.test": (2, {"DataGate"}),
    "train.batch_size": (32, TRAINER),
    "train.epochs": (3, TRAINER),
    "train.learning_rate": (0.002, TRAINER),
    "train.schedule.kind": ("polynomial", TRAINER),
    "train.schedule.warmup_epochs": (0.5, TRAINER),
    "train.patience": (5, TRAINER),
    "compress.variants": (["float32", "float16"], COMPRESSOR),
    "compress.budgets.max_metric_drop": (0.9, COMPRESSOR),
    "compress.budgets.prefer": ("latency", COMPRESSOR),
    "push.stage": ("candidate", PUSH),
}
DIGITS = {
    "options.source.kind": ({"kind": "digits", "splits": {"train": 0.6, "eval": 0.2, "test": 0.2}}, ALL),
    # Without slices, limits per slice are refused.
    "evaluate.slices": ({"gates": {"accuracy": {"min": 0.001, "max_worsening": 1.0}}}, EVALUATOR),
    "options.height": (9, TRANSFORM),
    "options.width": (9, TRANSFORM),
    "options.model.widths": ([8, 16], TRAINER),
    "options.model.blocks_per_stage": (1, TRAINER),
    "options.model.se_ratio": (8, TRAINER),
    "options.model.dropout": (0.2, TRAINER),
    "options.augment.translate": (0.2, TRAINER),
    "options.augment.rotate_degrees": (5, TRAINER),
    "options.augment.zoom": (0.2, TRAINER),
    "options.loss.kind": ("focal", TRAINER),
    "options.loss.label_smoothing": (0.2, TRAINER),
    "train.optimizer.kind": ("sgd", TRAINER),
    "train.optimizer.weight_decay": (0.02, TRAINER),
    "train.step.steps_per_execution": (10, TRAINER),
    "evaluate.gates.accuracy.min": (0.002, EVALUATOR),
    "evaluate.gates.accuracy.min_per_slice": (-1.0, EVALUATOR),
    "evaluate.gates.accuracy.max_worsening": (0.9, EVALUATOR),
    "compress.gates.accuracy.min": (0.002, EDGE),
    "compress.gates.accuracy.max_worsening": (0.9, EDGE),
    "kubeflow.image": ("registry.example.com/slipway:0.2.0", NOTHING),
    "kubeflow.pipeline_root": ("gs://another-bucket/slipway", NOTHING),
    "kubeflow.node_pools": ({"gpu": {"node_selector": {"pool": "gpu"}}}, NOTHING),
    "kubeflow.default": ({"cpu": "2"}, NOTHING),
    "kubeflow.nodes": ({}, NOTHING),
}
CO2 = {
    "evaluate.slices": ({"gates": {"mase": {"max": 99.0, "max_worsening": 99.0}}}, EVALUATOR),
    "options.lookback": (130, SOURCE),
    "options.horizon": (13, ALL),
    "options.season": (26, TRAINER),
    "options.quantiles": ([0.2, 0.5, 0.8], TRAINER),
    "options.model.kind": ({"kind": "nlinear"}, TRAINER),
    "options.model.patch": (26, TRAINER),
    "options.model.dim": (8, TRAINER),
    "options.model.heads": (2, TRAINER),
    "options.model.hidden": (16, TRAINER),
    "options.model.encoder_depth": (2, TRAINER),
    "options.model.decoder_depth": (2, TRAINER),
    "data_gate.max_mean.missing": (0.2, {"DataGate"}),
    "evaluate.gates.mae_over_naive.max": (98.0, EVALUATOR),
    "evaluate.gates.mase.max": (98.0, EVALUATOR),
    "evaluate.gates.mase.max_per_slice": (98.0, EVALUATOR),
    "evaluate.gates.mase.max_worsening": (98.0, EVALUATOR),
    "evaluate.gates.coverage.min": (0.0001, EVALUATOR),
    "evaluate.gates.coverage.max": (0.9999, EVALUATOR),
    "compress.gates.mase.max": (98.0, EDGE),
    "compress.gates.mase.max_worsening": (98.0, EDGE),
    "serving_check.max_difference": (2.0, SERVING),
}
# Another value makes options beside it void: the whole section is replaced.
WHOLE_SECTION = ("options.source.kind", "options.model.kind", "evaluate.slices")
# One whole is one option.
WHOLE = ("kubeflow.node_pools", "kubeflow.default", "kubeflow.nodes")
CHANGES = {"digits": {**BOTH, **DIGITS}, "co2": {**BOTH, **CO2}}
# A task has no other value; the only other source of series is a file; another root has another cache.
LEFT_OUT = {"digits": {"root", "task"}, "co2": {"root", "task", "options.source.kind"}}


def measure() -> Sequence[Figure]:
    """Runs each change, unless it is known, and counts nodes."""
    figures: list[Figure] = []
    for name, changes in CHANGES.items():
        _check_complete(name)
        ran = {option: _nodes_run(name, option, value) for option, (value, _) in changes.items()}
        few = {option: expected - ran[option] for option, (_, expected) in changes.items()}
        many = {option: ran[option] - expected for option, (_, expected) in changes.items()}
        for option in changes:
            if few[option] or many[option]:
                print(f"{name}, {option}: too few {sorted(few[option])}, too many {sorted(many[option])}")
        again = _nodes_run(name, "again", None)
        figures += [
            Figure(f"{name}: options changed, one by one", len(changes), len(changes), ">="),
            Figure(f"{name}: nodes run", sum(map(len, ran.values())), 13 * len(changes), "<="),
            Figure(f"{name}: nodes that had to run and did not", sum(map(len, few.values())), 0, "<="),
            Figure(f"{name}: nodes that ran and had not to", sum(map(len, many.values())), 0, "<="),
            Figure(f"{name}: nodes run where nothing changed", len(again), 0, "<="),
        ]
    return figures


@functools.cache
def _folder() -> Path:
    """Of this code alone: other code may give other results."""
    code = step_code("pipeline.dag", "pipeline.cli").digest
    return Path(tempfile.gettempdir()) / "slipway_benchmarks" / "cache" / code


def _nodes_run(name: str, option: str, value: Any) -> set[str]:
    """The nodes that were not taken from the cache, where the option has the value."""
    known = _folder() / name / f"{option}.json"
    if not known.exists():
        if option != "base":
            _nodes_run(name, "base", None)
        changes = dict(SHORT[name])
        if option in WHOLE_SECTION:
            changes[option.rpartition(".")[0]] = value
        elif value is not None:
            changes[option] = value
        config = _folder() / name / f"{option}.yaml"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(yaml.safe_dump(_with_changes(_config(name), changes)))
        print(f"{name}: {option}", flush=True)
        record = _run(config, _folder() / name / "root")
        known.write_text(json.dumps([node.name for node in record.nodes if node.state == "done"]))
    return set(json.loads(known.read_text()))


def _run(config: Path, root: Path) -> RunRecord:
    command = [sys.executable, "-m", "pipeline.cli", "run", str(config), "--root", str(root)]
    subprocess.run(command, check=True, cwd=PROJECT, stdout=subprocess.DEVNULL)
    return newest_record(root)


def _config(name: str) -> dict[str, Any]:
    return yaml.safe_load((PROJECT / "pipeline" / "configs" / f"{name}.yaml").read_text())


def _with_changes(config: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    changed = copy.deepcopy(dict(config))
    for key, value in changes.items():
        *path, last = key.split(".")
        section = changed
        for part in path:
            section = section.setdefault(part, {})
        section[last] = value
    return changed


def _check_complete(name: str) -> None:
    """Raises ValueError where the config sets an option that is not changed here."""
    missing = set(_keys(_config(name), "")) - CHANGES[name].keys() - LEFT_OUT[name]
    if missing:
        raise ValueError(f"Each option of {name}.yaml must be changed once. Received: none for {sorted(missing)}.")


def _keys(section: Mapping[str, Any], prefix: str) -> list[str]:
    found = []
    for name, value in section.items():
        key = prefix + name
        found += _keys(value, f"{key}.") if isinstance(value, dict) and key not in WHOLE else [key]
    return found


if __name__ == "__main__":
    main("cache", measure, seed=0)
