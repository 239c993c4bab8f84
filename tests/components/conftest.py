"""What the steps up to Trainer leave of Points, made once and only read; files to judge are made by hand."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
import tensorflow_transform as tft
from tfx.types import artifact, standard_artifacts

from components.trainer.export import export
from data.source import SPLITS
from records.model_run import MODEL_FILE, write_model_facts
from tasks.base import Task
from tests.components.model_facts import model_facts
from tests.components.points import SPEC, points_model
from tests.tasks.transformed import raw_examples, transform, write_transformed


def _at(path: Path, kind: type[artifact.Artifact]) -> Any:
    path.mkdir(parents=True)
    made = kind()
    made.uri = str(path)
    return made


@dataclass(frozen=True, kw_only=True)
class TrainedPoints:
    """The artifacts of `points_model` and of its data."""

    task: Task
    examples: standard_artifacts.Examples
    transformed_examples: standard_artifacts.Examples
    transform_graph: standard_artifacts.TransformGraph
    model: standard_artifacts.Model
    model_run: standard_artifacts.ModelRun

    @property
    def transform_output(self) -> tft.TFTransformOutput:
        """Transform's graph and specs."""
        return tft.TFTransformOutput(self.transform_graph.uri)


@pytest.fixture(scope="session")
def points(tmp_path_factory) -> TrainedPoints:
    place, task, model = tmp_path_factory.mktemp("points"), SPEC.load(), points_model()
    made = TrainedPoints(
        task=task,
        examples=_at(place / "examples", standard_artifacts.Examples),
        transformed_examples=_at(place / "transformed", standard_artifacts.Examples),
        transform_graph=_at(place / "graph", standard_artifacts.TransformGraph),
        model=_at(place / "model", standard_artifacts.Model),
        model_run=_at(place / "run", standard_artifacts.ModelRun),
    )
    raw = raw_examples(task, "train")
    graph = transform(task, raw, place / "graph")
    for split in SPLITS:
        raw_file, transformed_file = (
            place / kind / f"Split-{split}" / "part.gz" for kind in ("examples", "transformed")
        )
        raw_file.parent.mkdir()
        transformed_file.parent.mkdir()
        write_transformed(task, raw, graph, transformed_file)
        with tf.io.TFRecordWriter(str(raw_file), options="GZIP") as writer:
            for example in raw:
                writer.write(example.SerializeToString())
    model.save(place / "run" / MODEL_FILE)
    write_model_facts(made.model_run.uri, model_facts())
    export(task, model, graph, str(place / "model" / "Format-Serving"))
    return made
