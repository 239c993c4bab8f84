"""A small root, made by hand through ML Metadata's own API: no pipeline runs."""

import json
from pathlib import Path

import pytest
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2 as mlmd

FIRST, SECOND = "20260101-000000-000", "20260102-000000-000"


class RootWriter:
    """Writes executions and artifacts as TFX's launcher does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        config = mlmd.ConnectionConfig()
        config.sqlite.filename_uri = str(path / "metadata.db")
        config.sqlite.connection_mode = mlmd.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        self.store = metadata_store.MetadataStore(config)

    def execution(self, run: str, node: str, state: int, inputs: dict[str, int], outputs: dict[str, int]) -> int:
        """Adds an execution with its contexts and events; artifacts are given by id."""
        execution_type = self.store.put_execution_type(mlmd.ExecutionType(name=f"type.{node}"))
        [execution] = self.store.put_executions([mlmd.Execution(type_id=execution_type, last_known_state=state)])
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
        for name, value in properties.items():
            if isinstance(value, int):
                artifact.custom_properties[name].int_value = value
            else:
                artifact.custom_properties[name].string_value = value
        return self.store.put_artifacts([artifact])[0]

    def record(self, run: str, **values: object) -> None:
        """Writes a run record."""
        folder = self.path / "runs" / run
        folder.mkdir(parents=True)
        (folder / "summary.json").write_text(json.dumps({"run_id": run, "pipeline": "digits", **values}))

    def _context(self, type_name: str, name: str) -> int:
        type_id = self.store.put_context_type(mlmd.ContextType(name=type_name))
        found = self.store.get_context_by_type_and_name(type_name, name)
        return found.id if found else self.store.put_contexts([mlmd.Context(type_id=type_id, name=name)])[0]


@pytest.fixture
def writer(tmp_path) -> RootWriter:
    return RootWriter(tmp_path)


@pytest.fixture
def root(writer) -> Path:
    """Two runs: the first trains and pushes, the second takes ExampleGen from the cache and is killed in Trainer."""
    examples = writer.artifact("Examples", "ExampleGen/examples/1")
    model = writer.artifact("Model", "Trainer/model/2")
    destination = str(writer.path / "registry" / "digits" / "1")
    pushed = writer.artifact(
        "PushedModel", "Pusher/pushed_model/3", pushed=1, pushed_version="1", pushed_destination=destination
    )
    writer.execution(FIRST, "ExampleGen", mlmd.Execution.COMPLETE, {}, {"examples": examples})
    writer.execution(FIRST, "Trainer", mlmd.Execution.COMPLETE, {"examples": examples}, {"model": model})
    writer.execution(FIRST, "Pusher", mlmd.Execution.COMPLETE, {"model": model}, {"pushed_model": pushed})
    writer.execution(SECOND, "ExampleGen", mlmd.Execution.CACHED, {}, {"examples": examples})
    writer.execution(SECOND, "Trainer", mlmd.Execution.RUNNING, {"examples": examples}, {})
    nodes = [
        {"name": "ExampleGen", "upstream": [], "state": "done", "cached": False, "secs": 1.0},
        {"name": "Trainer", "upstream": ["ExampleGen"], "state": "done", "cached": False, "secs": 2.5},
        {"name": "Pusher", "upstream": ["Trainer"], "state": "done", "cached": False, "secs": 0.5},
    ]
    writer.record(
        FIRST,
        state="done",
        total_secs=5.0,
        nodes=nodes,
        metrics={"parameters": 10, "test_accuracy": 0.875},
        pushes=[{"version": 1, "stage": "production", "destination": destination, "in_this_run": True}],
        gates=[],
    )
    return writer.path
