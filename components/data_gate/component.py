"""DataGate's contract."""

from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import standard_artifacts

from components.artifacts import DataBlessing


@component
def DataGate(  # noqa: N802 - TFX names a component after its function
    examples: InputArtifact[standard_artifacts.Examples],
    statistics: InputArtifact[standard_artifacts.ExampleStatistics],
    schema: InputArtifact[standard_artifacts.Schema],
    anomalies: InputArtifact[standard_artifacts.ExampleAnomalies],
    data_gate: Parameter[str],
    passed_data: Parameter[str],
    logs_fingerprint: Parameter[str],
    blessing: OutputArtifact[DataBlessing],
) -> None:
    """Refuses a dataset with anomalies, too few examples, means that are too high or features that drifted or
    are otherwise in production, and reports repairs.

    `data_gate` is the JSON of the config's section; `passed_data` is the directory of the statistics of the pipeline's
    data that passed; with another `logs_fingerprint` of the serving logs it judges anew."""
    from components.data_gate.executor import check_data
    from components.data_gate.options import DataGateConfig

    check_data(
        examples=examples,
        statistics=statistics,
        schema=schema,
        anomalies=anomalies,
        data_gate=DataGateConfig.model_validate_json(data_gate),
        passed_data=passed_data,
        uri=blessing.uri,
    )
