"""Several architectures, trained under one budget and measured alike."""

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from compression.conversion.convert import ConversionError
from compression.pareto import pareto_front
from studies.architectures.candidates import INT8_FILE, Conditions, train_candidate
from studies.architectures.grid import Candidate
from studies.architectures.measuring import measure_files
from studies.errors import StudyError
from studies.serialization import write_whole
from tasks.base import Task
from training.errors import TrainingError

logger = logging.getLogger("slipway.trainer")

# What each cost is called; of each the lower the better.
COSTS = {
    "parameters": "parameters",
    "flops": "FLOPs",
    "int8_bytes": "int8 bytes",
    "int8_p50_ms": "int8 latency, ms",
    "int8_peak_bytes": "int8 peak memory, bytes",
}


def compare_architectures(
    candidates: Sequence[Candidate],
    conditions: Conditions,
    *,
    task: Task,
    folder: Path,
    code: str,
    begin: Callable[[str], None] = lambda doing: None,
    end: Callable[[str, str], None] = lambda name, outcome: None,
) -> dict[str, Any]:
    """Trains one candidate after the other, then measures those that could be made in turn.

    What was trained before is not trained again, and a training that was interrupted goes on.

    Args:
      candidates: what is compared.
      conditions: what they share.
      task: the task of the config, whose first metric is drawn.
      folder: where the candidates' files are kept.
      code: digest of the code that trains; what other code trained is trained again.
      begin: told what is done from now on.
      end: told the name of each candidate and what became of it.

    Returns:
      Results for `studies.architectures.page`.

    Raises:
      StudyError: no candidate could be made.
    """
    rows, failed = [], {}
    for number, candidate in enumerate(candidates, start=1):
        begin(f"{candidate.name} ({number} of {len(candidates)}) …")
        try:
            known, outcome = _trained(candidate, conditions, folder / candidate.name, code)
        except (ConversionError, TrainingError, ValueError) as error:
            failed[candidate.name], outcome = str(error), f"failed: {error}"
            logger.exception("%s failed", candidate.name)
        else:
            rows.append({"name": candidate.name, "values": dict(candidate.values), **known})
        end(candidate.name, outcome)
    if not rows:
        raise StudyError("An architecture of the grid must come through. Received: none did, as said above.")
    begin("Measuring …")
    sample = conditions.run.data(task).calibration_sample(conditions.calibration_examples)
    files = {row["name"]: folder / row["name"] / INT8_FILE for row in rows}
    measured = measure_files(files, {name: values[:1] for name, values in sample.items()})
    rows = [{**row, **measured[row["name"]]} for row in rows]
    return {"seed": conditions.seed, "candidates": rows, **_fronts(task, rows), "failed": failed}


def _trained(candidate: Candidate, conditions: Conditions, folder: Path, code: str) -> tuple[dict[str, Any], str]:
    """What is known of a candidate, and whether it was known before."""
    asked = [
        candidate.spec.model_dump(mode="json"),
        candidate.train.model_dump(mode="json"),
        conditions.seed,
        conditions.calibration_examples,
        conditions.run.examples,
        code,
    ]
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]
    done = folder / "done.json"
    known = json.loads(done.read_text()) if done.exists() else {}
    if known.get("digest") == digest:
        return known, "trained before"
    known = {"digest": digest, **train_candidate(candidate, conditions, folder)}
    write_whole(done, json.dumps(known))
    return known, "trained"


def _fronts(task: Task, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The metric, and for each cost that is known of all the candidates on the Pareto front."""
    first = task.metrics()[0]
    metric = first.name if first.name in rows[0]["metrics"] else "loss"
    sign = -1 if metric == first.name and first.higher_is_better else 1
    fronts = {
        cost: pareto_front({row["name"]: (sign * row["metrics"][metric], row[cost]) for row in rows})
        for cost in COSTS
        if all(row[cost] is not None for row in rows)
    }
    return {"metric": metric, "costs": {cost: COSTS[cost] for cost in fronts}, "fronts": fronts}
