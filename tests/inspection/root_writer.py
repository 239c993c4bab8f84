"""A small root, made by hand through ML Metadata's own API: no pipeline runs."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2 as mlmd

from records.run import RECORD_FILE

FIRST, SECOND = "20260101-000000-000", "20260102-000000-000"
# What the evaluation gate finds of a limit on change while nothing is in production.
FIRST_MODEL = {
    "gate": "evaluation",
    "metric": "accuracy against the baseline",
    "where": "",
    "value": "no baseline",
    "limit": ">= -0.02",
    "passed": True,
    "applies": False,
}


class RootWriter:
    """Writes executions and artifacts as TFX's launcher does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        config = mlmd.ConnectionConfig()
        config.sqlite.filename_uri = str(path / "metadata.db")
        config.sqlite.connection_mode = mlmd.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        self.store = metadata_store.MetadataStore(config)

    def execution(
        self, run: str, node: str, state: int, inputs: dict[str, int], outputs: dict[str, int], **properties: int | str
    ) -> int:
        """Adds an execution with its contexts and events; artifacts are given by id."""
        execution_type = self.store.put_execution_type(mlmd.ExecutionType(name=f"type.{node}"))
        written = mlmd.Execution(type_id=execution_type, last_known_state=state)
        _set(written.custom_properties, properties)
        [execution] = self.store.put_executions([written])
        contexts = [self._context("pipeline_run", run), self._context("node", f"digits.{node}")]
        self.store.put_attributions_and_associations(
            [], [mlmd.Association(execution_id=execution, context_id=context) for context in contexts]
        )
        events = []
        for kind, channels in ((mlmd.Event.INPUT, inputs), (mlmd.Event.OUTPUT, outputs)):
            for key, artifact in channels.items():
                path = mlmd.Event.Path(steps=[mlmd.Event.Path.Step(key=key), mlmd.Event.Path.Step(index=0)])
                events.append(mlmd.Event(execution_id=execution, artifact_id=artifact, type=kind, path=path))
        self.store.put_events(events)
        return execution

    def artifact(self, type_name: str, place: str, **properties: int | str) -> int:
        """Adds an artifact; properties become custom properties."""
        type_id = self.store.put_artifact_type(mlmd.ArtifactType(name=type_name))
        artifact = mlmd.Artifact(type_id=type_id, uri=str(self.path / "artifacts" / place))
        _set(artifact.custom_properties, properties)
        return self.store.put_artifacts([artifact])[0]

    def pushed(self, version: int, place: str, model: str = "digits") -> int:
        """Adds what Pusher writes for a version of the root's own registry."""
        destination = str(self.path / "registry" / model / str(version))
        return self.artifact(
            "PushedModel", place, pushed=1, pushed_version=str(version), pushed_destination=destination
        )

    def record(self, run: str, *, nodes: Sequence[Mapping[str, object]] = (), **values: object) -> None:
        """Writes a run record that may lack what earlier versions did not record."""
        folder = self.path / "runs" / run
        folder.mkdir(parents=True, exist_ok=True)
        nodes = [{"upstream": [], **node} for node in nodes]
        record = {"run_id": run, "pipeline": "digits", "state": "done", "nodes": nodes, **values}
        (folder / RECORD_FILE).write_text(json.dumps(record))

    def _context(self, type_name: str, name: str) -> int:
        type_id = self.store.put_context_type(mlmd.ContextType(name=type_name))
        found = self.store.get_context_by_type_and_name(type_name, name)
        return found.id if found else self.store.put_contexts([mlmd.Context(type_id=type_id, name=name)])[0]


def _set(properties: dict[str, mlmd.Value], values: dict[str, int | str]) -> None:
    for name, value in values.items():
        if isinstance(value, int):
            properties[name].int_value = value
        else:
            properties[name].string_value = value


def write_two_runs(writer: RootWriter) -> None:
    """Writes two runs: one that trains and pushes, then one with ExampleGen from the cache that is killed in Trainer.

    Executions of the first: 1 ExampleGen, 2 DataGate, 3 Transform, 4 Trainer, 5 Evaluator, 6 Pusher; each writes the
    artifact of its own number. Executions of the second: 7 ExampleGen, 8 Trainer.
    """
    done = mlmd.Execution.COMPLETE
    examples = writer.artifact("Examples", "ExampleGen/examples/1", split_names='["train", "test"]')
    gate = writer.artifact("components.DataBlessing", "DataGate/blessing/2")
    graph = writer.artifact("TransformGraph", "Transform/transform_graph/3")
    model = writer.artifact("Model", "Trainer/model/4")
    blessing = writer.artifact("ModelBlessing", "Evaluator/blessing/5", blessed=1)
    pushed = writer.pushed(1, "Pusher/pushed_model/6")
    writer.execution(FIRST, "ExampleGen", done, {}, {"examples": examples}, fingerprint="f" * 64, code="c0de")
    writer.execution(FIRST, "DataGate", done, {"examples": examples}, {"blessing": gate})
    writer.execution(FIRST, "Transform", done, {"examples": examples}, {"transform_graph": graph})
    settings = json.dumps({"code": "7ea1", "seed": 0})
    inputs = {"examples": examples, "transform_graph": graph}
    writer.execution(FIRST, "Trainer", done, inputs, {"model": model}, custom_config=settings)
    writer.execution(FIRST, "Evaluator", done, {"examples": examples, "model": model}, {"blessing": blessing})
    writer.execution(FIRST, "Pusher", done, {"model": model, "model_blessing": blessing}, {"pushed_model": pushed})
    writer.execution(SECOND, "ExampleGen", mlmd.Execution.CACHED, {}, {"examples": examples})
    writer.execution(SECOND, "Trainer", mlmd.Execution.RUNNING, {"examples": examples}, {})
    destination = str(writer.path / "registry" / "digits" / "1")
    names = ("ExampleGen", "DataGate", "Transform", "Trainer", "Evaluator", "Pusher")
    writer.record(
        FIRST,
        state="done",
        error=None,
        started_at="2026-01-01T00:00:00+00:00",
        total_secs=5.0,
        nodes=[{"name": name, "upstream": [], "state": "done", "cached": False, "secs": 0.5} for name in names],
        metrics={"parameters": 10, "test_accuracy": 0.875, "test_loss": 0.5},
        pushes=[{"version": 1, "stage": "production", "destination": destination, "in_this_run": True}],
        gates=[],
    )
