"""A root of many runs: records, logs and a registry as runs leave them, without any run."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.inspection.root_writer import RootWriter

NODES = (
    "ExampleGen", "SchemaGen", "StatisticsGen", "ExampleValidator", "DataGate", "Transform", "Trainer", "Baseline",
    "Evaluator", "Compressor", "EdgeEvaluator", "ServingCheck", "Pusher",
)  # fmt: skip
START = datetime(2026, 1, 1, tzinfo=UTC)
PRECISIONS = {"float32": 400_000, "float16": 200_000, "dynamic": 120_000, "int8": 110_000}


def write_many_runs(path: Path, count: int) -> RootWriter:
    """Writes a root of so many runs, each some hours after the last; every tenth was refused by a gate.

    Args:
      path: of the root.
      count: of runs.
    """
    writer = RootWriter(path)
    chance = random.Random(0)
    for number in range(count):
        started = START + timedelta(hours=5 * number)
        run_id = started.strftime("%Y%m%d-%H%M%S-000")
        writer.record(run_id, nodes=_nodes(chance), **_record(started, number, chance))
        (path / "runs" / run_id / "run.log").write_text(f"log of {run_id}\n" * 50)
    return writer


def _nodes(chance: random.Random) -> list[dict[str, object]]:
    return [
        {"name": name, "upstream": list(NODES[place - 1 : place]), "state": "done", "secs": 5 * chance.random()}
        for place, name in enumerate(NODES)
    ]


def _record(started: datetime, number: int, chance: random.Random) -> dict[str, object]:
    is_refused = number % 10 == 9
    accuracy = 0.9 if is_refused else 0.96 + 0.02 * chance.random()
    return {
        "state": "refused" if is_refused else "done",
        "error": "evaluation: accuracy must be >= 0.95." if is_refused else None,
        "started_at": started.isoformat(timespec="seconds"),
        "config": {"name": "digits", "evaluate": {"gates": {"accuracy": {"min": 0.95}}}, "train": {"epochs": number}},
        "versions": {"tfx": "1.16.0", "tensorflow": "2.16.2"},
        "git_commit": f"{number:040x}",
        "label_key": "label",
        "labels": [str(digit) for digit in range(10)],
        "total_secs": 60 + 20 * chance.random(),
        "metrics": {
            "parameters": 99_672,
            "test_accuracy": accuracy,
            "test_loss": 1 - accuracy,
            "test_example_count": 360,
        },
        "variants": [_variant(name, size, accuracy, chance) for name, size in PRECISIONS.items()],
        "choice": {"variant": "int8", "reason": "the fewest bytes", "front": ["int8"]},
        "gates": [
            {
                "gate": "evaluation",
                "metric": "accuracy",
                "where": "" if digit is None else f"label={digit}",
                "value": accuracy,
                "limit": ">= 0.95",
                "passed": not is_refused,
            }
            for digit in (None, *range(10))
        ],
        "pushes": [],
    }


def _variant(name: str, size: int, accuracy: float, chance: random.Random) -> dict[str, object]:
    return {
        "name": name,
        "precision": name,
        "bytes": size,
        "gzip_bytes": int(size * 0.9),
        "metric": accuracy,
        "eval_metric": accuracy,
        "eval_metric_low": accuracy - 0.02,
        "eval_metric_high": accuracy + 0.02,
        "agreement": 0.99,
        "latency_p50_ms": 0.02 + 0.01 * chance.random(),
        "latency_p90_ms": 0.03,
        "latency_p99_ms": 0.05,
        "delegated": True,
        "layer_errors": [{"layer": f"block_{each}/conv", "error": 0.01 * each} for each in range(12)],
        "layer_sparsity": [{"layer": f"block_{each}/conv", "sparsity": 0.01, "weights": 1000} for each in range(12)],
    }
