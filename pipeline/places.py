"""Where a run's things are. Needs no TFX."""

from dataclasses import dataclass

from pipeline.config import PipelineConfig
from pipeline.root import Root
from tasks.start import Start


@dataclass(frozen=True, kw_only=True)
class Places:
    """The places and facts in which runners differ.

    Attributes:
      pipeline_root: where artifacts go.
      registry: the model registry.
      workspaces: where trainings keep what a killed one goes on from.
      fingerprint: fingerprint of the source's data; empty where it cannot be known when the pipeline is made.
      passed_data: where the data gate keeps the statistics of data that passed.
      start: the trained model that training starts from, if any.
      schema: text of the schema that the config names; empty: the task's own.
      predict_fingerprint: fingerprint of the examples that the section `predict` names; empty as `fingerprint` is.
      logs_fingerprint: fingerprint of the requests that `data_gate.skew` names; empty as `fingerprint` is.
    """

    pipeline_root: str
    registry: str
    workspaces: str
    fingerprint: str
    passed_data: str
    start: Start | None
    schema: str = ""
    predict_fingerprint: str = ""
    logs_fingerprint: str = ""


def local_places(config: PipelineConfig, root: Root, *, fingerprint: str) -> Places:
    """The places of a run on a root of this machine.

    Args:
      config: checked.
      root: root of the pipeline.
      fingerprint: fingerprint of the source's data.

    Raises:
      SchemaError: the schema's file cannot be read.
      SourceNotFoundError: what the section `predict` or `data_gate.skew` names is not there.
    """
    return Places(
        pipeline_root=root.artifacts_at(config.artifacts) if config.artifacts else str(root.artifacts),
        registry=config.push.registry or str(root.registry),
        workspaces=str(root.workspaces),
        fingerprint=fingerprint,
        passed_data=str(root.passed_data / config.name),
        start=config.start.resolve() if config.start else None,
        schema=config.curated_schema(),
        predict_fingerprint=config.predict_spec().load().source().fingerprint() if config.predict else "",
        logs_fingerprint=config.logs_fingerprint(),
    )
