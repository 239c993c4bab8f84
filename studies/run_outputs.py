"""What a run left behind for studies: its transformed examples, and its trained model."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow_transform as tft

from inspection.locate import RunNotFoundError
from inspection.store import RunStore
from records.model_run import MODEL_FILE
from tasks.base import Task
from tasks.transformed_data import TransformedData


@dataclass(frozen=True, kw_only=True)
class RunOutputs:
    """Attributes:
    run_id: id of the run.
    examples: directory of the transformed examples.
    feature_spec: parsing spec of the transformed features.
    model_run: directory of Trainer's model run; None where the run did not come so far.
    """

    run_id: str
    examples: str
    feature_spec: Mapping[str, Any]
    model_run: str | None

    def data(self, task: Task) -> TransformedData:
        """The transformed examples, as a task reads them."""
        return TransformedData(task=task, directory=self.examples, feature_spec=self.feature_spec)

    def trained_model(self) -> str:
        """Path of the trained Keras model. Raises RunNotFoundError for a run that did not come as far as Trainer."""
        if self.model_run is None:
            raise RunNotFoundError(
                f"A run must have trained a model. Received: {self.run_id}, which did not. Name another."
            )
        return f"{self.model_run}/{MODEL_FILE}"


def read_run_outputs(root: Path, run_id: str) -> RunOutputs:
    """What the run left. Raises RunNotFoundError for a run that did not come as far as Transform."""
    outputs = {execution.node: execution.outputs for execution in RunStore(root).run(run_id)}
    if not outputs.get("Transform"):
        raise RunNotFoundError(
            f"A run must have transformed its data. Received: {run_id} in {root}, which did not. Name another with "
            "--run, or run the pipeline."
        )
    [examples] = outputs["Transform"]["transformed_examples"]
    [graph] = outputs["Transform"]["transform_graph"]
    model_runs = outputs.get("Trainer", {}).get("model_run", ())
    return RunOutputs(
        run_id=run_id,
        examples=examples.uri,
        feature_spec=tft.TFTransformOutput(graph.uri).transformed_feature_spec(),
        model_run=model_runs[0].uri if model_runs else None,
    )
