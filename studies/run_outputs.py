"""What a run left behind for studies: its transformed examples, and its trained model."""

from dataclasses import dataclass
from pathlib import Path

import tensorflow_transform as tft

from components.compressor.transformed_data import TransformedData
from components.trainer.model_run import MODEL_FILE
from inspection.locate import RunNotFoundError
from inspection.store import Artifact, RunStore
from tasks.base import Task


@dataclass(frozen=True, kw_only=True)
class RunOutputs:
    """Attributes:
    run_id: id of the run.
    examples: transformed examples.
    graph: graph that transformed them.
    model_run: model run of Trainer; None where the run did not come so far.
    """

    run_id: str
    examples: Artifact
    graph: Artifact
    model_run: Artifact | None

    def data(self, task: Task) -> TransformedData:
        """The transformed examples, as a task reads them."""
        spec = tft.TFTransformOutput(self.graph.uri).transformed_feature_spec()
        return TransformedData(task=task, directory=self.examples.uri, feature_spec=spec)

    def trained_model(self) -> str:
        """Path of the trained Keras model. Raises RunNotFoundError for a run that did not come as far as Trainer."""
        if self.model_run is None:
            raise RunNotFoundError(
                f"A run must have trained a model. Received: {self.run_id}, which did not. Name another."
            )
        return f"{self.model_run.uri}/{MODEL_FILE}"


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
    [model_run] = outputs.get("Trainer", {}).get("model_run", [None])
    return RunOutputs(run_id=run_id, examples=examples, graph=graph, model_run=model_run)
