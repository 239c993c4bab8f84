"""A pipeline of two nodes that run in milliseconds, for what happens between nodes."""

from pathlib import Path

from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.orchestration import metadata
from tfx.orchestration.pipeline import Pipeline
from tfx.types import standard_artifacts

from pipeline.local_runner import LocalRunner
from pipeline.root import Root


@component
def Number(value: Parameter[int], number: OutputArtifact[standard_artifacts.Model]) -> None:  # noqa: N802 - as TFX's
    """Writes a number."""
    number.set_int_custom_property("value", value)
    Path(number.uri).mkdir(parents=True, exist_ok=True)
    (Path(number.uri) / "number").write_text(str(value))


@component
def Twice(  # noqa: N802 - as TFX's
    number: InputArtifact[standard_artifacts.Model], twice: OutputArtifact[standard_artifacts.Model]
) -> None:
    """Writes a number's double."""
    Path(twice.uri).mkdir(parents=True, exist_ok=True)
    (Path(twice.uri) / "number").write_text(str(2 * int((Path(number.uri) / "number").read_text())))


class States:
    """What became of each node."""

    def __init__(self) -> None:
        self.of: dict[str, str] = {}

    def node_started(self, node: str) -> None:
        """See local_runner.Observer."""

    def node_finished(self, node: str, *, cached: bool, secs: float, executor_secs: float) -> None:
        """See local_runner.Observer."""
        self.of[node] = "cached" if cached else "done"

    def node_failed(self, node: str, error: BaseException, *, secs: float, executor_secs: float) -> None:
        """See local_runner.Observer."""
        self.of[node] = "failed"

    def node_restarted(self, node: str) -> None:
        """See local_runner.Observer."""


def run_small_pipeline(root: Root, run_id: str, *, value: int = 3) -> dict[str, str]:
    """Runs it by TFX's launcher; {node: done, cached or failed}."""
    number = Number(value=value)
    twice = Twice(number=number.outputs["number"])
    pipeline = Pipeline(
        pipeline_name="small",
        pipeline_root=str(root.artifacts),
        components=[number, twice],
        enable_cache=True,
        metadata_connection_config=metadata.sqlite_metadata_connection_config(str(root.metadata)),
    )
    states = States()
    LocalRunner(run_id=run_id, observer=states).run(pipeline)
    return states.of
