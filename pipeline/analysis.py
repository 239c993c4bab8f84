"""Several architectures, trained under one budget and measured alike."""

import hashlib
import json
import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
from etils import epath

from compression.conversion.convert import ConversionError, convert, export_for_conversion
from compression.pareto import pareto_front
from inspection.analysis import RESULTS
from inspection.store import RunStore
from models.graph.profile import profile
from pipeline.config import PipelineConfig, load_task
from pipeline.errors import RunError
from pipeline.step_code import step_code
from records.splits import split_folder
from serving.latency import measure_latency
from serving.peak_memory import peak_memory_bytes
from serving.tflite import TFLiteModel
from tasks.base import Task
from tasks.loading import TaskSpec
from tasks.training import TaskTraining
from tasks.transformed_data import TransformedData
from training.errors import TrainingError
from training.metric_sums import means, sums_of
from training.options import TrainOptions

logger = logging.getLogger("slipway.trainer")

# Figure -> what it is called; of each the lower the better.
COSTS = {
    "parameters": "parameters",
    "flops": "FLOPs",
    "int8_bytes": "int8 bytes",
    "int8_p50_ms": "int8 latency, ms",
    "int8_peak_bytes": "int8 peak memory, bytes",
}


@dataclass(frozen=True)
class Candidate:
    """One of the architectures, by what differs from the config."""

    name: str
    values: Mapping[str, Any]
    spec: TaskSpec
    train: TrainOptions


class Analysis:
    """Trains and measures candidates on the transformed examples of a run; what is done is not done again.

    Attributes:
      results: the file that everything measured goes to.
    """

    def __init__(self, config: PipelineConfig, *, root: Path, run_id: str) -> None:
        """Args:
        config: whose data, training and calibration all share.
        root: of the pipeline; results go to `<root>/analysis`.
        run_id: of a run that went as far as Transform.
        """
        self._config = config
        self.results = root / RESULTS
        self._folder = self.results.parent
        outputs = {execution.node: execution.outputs for execution in RunStore(root).run(run_id)}
        [self._examples] = outputs["Transform"]["transformed_examples"]
        [self._graph] = outputs["Transform"]["transform_graph"]

    def run(self, candidates: list[Candidate]) -> Iterator[str]:
        """Trains one candidate after the other, yielding what became of each; then measures those that could be made.

        Raises:
          RunError: none could.
        """
        rows, failed = [], {}
        for candidate in candidates:
            try:
                row, outcome = self._row(candidate)
            except (ConversionError, TrainingError, ValueError) as error:
                failed[candidate.name] = str(error)
                logger.exception("%s failed", candidate.name)
                yield f"failed: {error}"
            else:
                rows.append(row)
                yield outcome
        if not rows:
            raise RunError("An architecture of the grid must come through. Received: none did, as said above.")
        self._write({**self._measured(rows), "failed": failed})

    def _row(self, candidate: Candidate) -> tuple[dict[str, Any], str]:
        """What is known of a candidate, and whether it was known before."""
        folder = self._folder / candidate.name
        digest = self._digest(candidate)
        done = folder / "done.json"
        known = json.loads(done.read_text()) if done.exists() else {}
        outcome = "trained before"
        if known.get("digest") != digest:
            known, outcome = {"digest": digest, **self._train(candidate, folder)}, "trained"
            done.write_text(json.dumps(known))
        return {"name": candidate.name, "values": dict(candidate.values), **known}, outcome

    def _digest(self, candidate: Candidate) -> str:
        asked = [
            candidate.spec.model_dump(mode="json"),
            candidate.train.model_dump(mode="json"),
            self._config.seed,
            self._config.compress.calibration_examples,
            self._examples.uri,
            step_code(__name__, self._config.task.rpartition(".")[0]).digest,
        ]
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]

    def _train(self, candidate: Candidate, folder: Path) -> dict[str, Any]:
        """Trains, converts, and evaluates on the eval split; returns what does not depend on the machine's mood."""
        folder.mkdir(parents=True, exist_ok=True)
        task = candidate.spec.load()
        keras.backend.clear_session()
        start_secs = time.perf_counter()
        training = TaskTraining(
            task,
            candidate.train,
            train_files=self._files("train"),
            eval_files=self._files("eval"),
            feature_spec=self._feature_spec(),
            seed=self._config.seed,
            checkpoints=epath.Path(folder / "checkpoints"),
        )
        epochs = [record.epoch for record in training.records()]
        secs = time.perf_counter() - start_secs
        model = task.exported_model(training.float32_model())
        sample = self._sample(task)
        saved_model = folder / "saved_model"
        export_for_conversion(model, saved_model)
        convert(saved_model, {"int8": folder / "int8.tflite"}, representative_sample=sample)
        counted = profile(training.model)
        epath.Path(folder / "checkpoints").rmtree(missing_ok=True)
        return {
            "epochs": epochs[-1],
            "train_secs": secs,
            "parameters": counted.parameters,
            "flops": counted.flops,
            "receptive_field": counted.receptive_field,
            "metrics": self._evaluate(task, model),
            "int8_metrics": self._evaluate(task, _as_model(TFLiteModel(folder / "int8.tflite"))),
            "int8_bytes": (folder / "int8.tflite").stat().st_size,
        }

    def _evaluate(self, task: Task, model: Any) -> dict[str, float]:
        """Means over the eval split of what the task's objective reports, the loss included."""
        objective = task.objective()
        sums: Counter[str] = Counter()
        for batch in task.batches(self._files("eval"), feature_spec=self._feature_spec(), batch_size=256):
            sums.update(
                {name: float(value) for name, value in sums_of(*objective(model, batch, training=False)).items()}
            )
        return means(sums)

    def _measured(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """The rows with latency, all in turn, and memory; and who is on which front."""
        files = {row["name"]: self._folder / row["name"] / "int8.tflite" for row in rows}
        task = load_task(self._config)
        one = {name: values[:1] for name, values in self._sample(task).items()}
        models = {name: TFLiteModel(path) for name, path in files.items()}
        latencies = measure_latency({name: model.prepare(one) for name, model in models.items()})
        metric = task.metrics()[0]
        for row in rows:
            row["int8_p50_ms"] = latencies[row["name"]].p50_ms
            row["int8_p99_ms"] = latencies[row["name"]].p99_ms
            row["delegated"] = models[row["name"]].delegated
            row["int8_peak_bytes"] = peak_memory_bytes(files[row["name"]])
        known = metric.name if metric.name in rows[0]["metrics"] else "loss"
        sign = -1 if known == metric.name and metric.higher_is_better else 1
        fronts = {
            cost: pareto_front({row["name"]: (sign * row["metrics"][known], row[cost]) for row in rows})
            for cost in COSTS
            if all(row[cost] is not None for row in rows)
        }
        return {
            "pipeline": self._config.name,
            "metric": known,
            "seed": self._config.seed,
            "costs": {cost: COSTS[cost] for cost in fronts},
            "fronts": fronts,
            "candidates": rows,
        }

    def _write(self, results: Mapping[str, Any]) -> None:
        partial = self.results.with_suffix(".partial")
        partial.write_text(json.dumps(results, indent=1))
        partial.replace(self.results)

    def _files(self, split: str) -> list[str]:
        return [f"{self._examples.uri}/{split_folder(split)}/*"]

    def _feature_spec(self) -> dict[str, Any]:
        return tft.TFTransformOutput(self._graph.uri).transformed_feature_spec()

    def _sample(self, task: Task) -> dict[str, np.ndarray]:
        """The task's representative sample of the train split's model inputs."""
        data = TransformedData(task=task, directory=self._examples.uri, feature_spec=self._feature_spec())
        return data.calibration_sample(self._config.compress.calibration_examples)


def _as_model(file: TFLiteModel) -> Any:
    """A TFLite file under the interface that objectives call a model by."""

    def predict(inputs: Mapping[str, tf.Tensor], training: bool) -> dict[str, tf.Tensor]:
        outputs = file.predict({name: value.numpy() for name, value in inputs.items()})
        return {name: tf.constant(value) for name, value in outputs.items()}

    return predict
