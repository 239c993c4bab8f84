"""The config's section `serving_check`. Needs neither TensorFlow nor TFX."""

from pydantic import Field

from components.sections import Section

GATE = "serving"


class ServerCheckOptions(Section):
    """Servers that are started on what would ship, and asked over REST and gRPC."""

    servers: tuple[str, ...] = Field(
        ("slipway",),
        min_length=1,
        description="`slipway`, the server that Slipway brings, or a program that takes the flags of "
        "tensorflow_model_server, by its path or its name on PATH. Each is asked.",
    )
    max_latency_ms: float | None = Field(
        None,
        gt=0,
        description="99 of 100 requests of one example must be answered within, over REST and over gRPC each; default: "
        "no limit, and nothing is timed.",
    )
    requests: int = Field(200, ge=100, description="Requests of one example that are timed, each way.")
    max_start_secs: float = Field(120, gt=0, description="Within which a started server must answer for the model.")
    timeout_secs: float = Field(30, gt=0, description="Of a request.")


class ServingCheckConfig(Section):
    """How the exported files are compared with the trained model."""

    examples: int = Field(64, ge=1, description="Test examples that are sent.")
    warmup_examples: int = Field(
        8,
        ge=0,
        le=400,
        description="Of the first of them, that a pushed version holds as requests by which a server warms up before "
        "it answers; 0: it holds none.",
    )
    max_difference: float = Field(
        1e-4,
        gt=0,
        description="Of any output of the SavedModel or the float32 file from the trained model's; above 1, as a share "
        "of the output's largest value.",
    )
    server: ServerCheckOptions | None = Field(
        None, description="Servers to start on what would ship, and to ask; default: none is started."
    )
