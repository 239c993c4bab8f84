"""The section as a whole. Needs no Beam."""

import re
from typing import Any, Literal, get_args

from pydantic import Field, field_validator, model_validator

from components.sections import Section
from pipeline.beam.environments import LOCAL_HOSTS, Address, Docker, Environment, Loopback

Engine = Literal["direct", "flink", "spark", "dataflow", "portable"]
BeamNode = Literal["ExampleGen", "StatisticsGen", "Transform", "Evaluator", "EdgeEvaluator", "BulkInferrer"]
BEAM_NODES: tuple[BeamNode, ...] = get_args(BeamNode)
# What each engine takes beside `nodes` and `args`, and what it needs of that.
KEYS: dict[str, tuple[str, ...]] = {
    "direct": ("mode", "workers"),
    "flink": ("master", "job_endpoint", "job_server_jar", "parallelism", "workers", "environment", "temp_location"),
    "spark": ("master", "job_endpoint", "job_server_jar", "workers", "environment", "temp_location"),
    "dataflow": ("project", "region", "temp_location", "workers", "environment"),
    "portable": ("job_endpoint", "parallelism", "workers", "environment", "temp_location"),
}
NEEDED: dict[str, tuple[str, ...]] = {
    "direct": (),
    "flink": ("environment",),
    "spark": ("environment",),
    "dataflow": ("project", "region", "temp_location", "environment"),
    "portable": ("job_endpoint", "environment"),
}
# How each engine's master is written; an embedded one is for trials.
MASTERS = {"flink": r"\[local\]|(https?://)?[^/:\[\]]+:\d+", "spark": r"local(\[[\d*]+\])?|spark://[^/:]+:\d+"}
EXAMPLES = {"flink": "localhost:8081", "spark": "spark://localhost:7077"}


class BeamConfig(Section):
    """What runs the steps that go through the examples by Apache Beam."""

    engine: Engine = Field("direct", description="direct is the step's own process and machine.")
    nodes: tuple[BeamNode, ...] = Field(
        BEAM_NODES, min_length=1, description="Nodes that run on the engine; others run in the step's process."
    )
    mode: Literal["in_memory", "multi_threading", "multi_processing"] | None = Field(
        None, description="Of direct: one thread, several, or several processes; default: in_memory."
    )
    workers: int | None = Field(
        None,
        ge=1,
        description="Of direct, threads or processes; of dataflow, the most machines; else Python processes a machine.",
    )
    parallelism: int | None = Field(None, ge=1, description="How many slots an operation takes; default: the engine's.")
    master: str | None = Field(
        None, description="Flink's REST address or Spark's master, to which the step itself submits; needs Java."
    )
    job_endpoint: Address | None = Field(None, description="A Beam job server that runs already, which submits.")
    job_server_jar: str | None = Field(
        None, description="Beam's job server for `master`, of Beam's version; default: Beam fetches it."
    )
    environment: Environment | None = Field(None, description="Where the engine runs Python.")
    project: str | None = Field(None, description="Of Google Cloud.")
    region: str | None = Field(None, description="Of Dataflow.")
    temp_location: str | None = Field(
        None, description="Where the engine keeps what it may delete, at gs:// for Dataflow."
    )
    args: tuple[str, ...] = Field((), description="Further arguments of Beam's, such as --max_parallelism=8.")

    @field_validator("args")
    @classmethod
    def _are_flags(cls, args: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [arg for arg in args if not re.fullmatch(r"--\w+(=.*)?", arg, re.DOTALL)]
        if wrong:
            raise ValueError(f"must each be --NAME or --NAME=VALUE. Received: {wrong[0]!r}")
        return args

    @model_validator(mode="after")
    def _suits_its_engine(self) -> "BeamConfig":
        for key in dict.fromkeys(key for keys in KEYS.values() for key in keys):
            value, engines = getattr(self, key), [engine for engine, keys in KEYS.items() if key in keys]
            if value is not None and self.engine not in engines:
                raise ValueError(
                    f"{key} is of engine {', '.join(engines)}. Received: {key}={_shown(value)} with engine "
                    f"{self.engine}"
                )
        missing = [key for key in NEEDED[self.engine] if getattr(self, key) is None]
        if missing:
            raise ValueError(f"engine {self.engine} needs {', '.join(missing)}. Received: none")
        return self

    @model_validator(mode="after")
    def _can_be_reached(self) -> "BeamConfig":
        if self.engine == "direct" and self.workers is not None and self.mode in (None, "in_memory"):
            raise ValueError(
                f"workers needs mode multi_threading or multi_processing, for in_memory is one. Received: "
                f"workers={self.workers}"
            )
        if self.engine in MASTERS:
            self._check_master()
        if isinstance(self.environment, Loopback) and not self.is_local:
            raise ValueError(
                f"environment loopback is reached at localhost, so that the engine must be on the step's machine. "
                f"Received: {self.master or self.job_endpoint}. Take external, process or docker"
            )
        if self.engine == "dataflow":
            self._check_dataflow()
        return self

    def _check_master(self) -> None:
        if self.master is None and self.job_endpoint is None:
            raise ValueError(
                f"engine {self.engine} needs master, such as {EXAMPLES[self.engine]}, or the job_endpoint of a job "
                f"server. Received: neither"
            )
        if self.master is not None and not re.fullmatch(MASTERS[self.engine], self.master):
            raise ValueError(
                f"master of {self.engine} must be written as {EXAMPLES[self.engine]}. Received: {self.master!r}"
            )
        if self.job_server_jar is not None and self.job_endpoint is not None:
            raise ValueError("job_server_jar is what a step starts; it goes without job_endpoint. Received: both")

    def _check_dataflow(self) -> None:
        if not str(self.temp_location).startswith("gs://"):
            raise ValueError(f"temp_location of dataflow must be at gs://. Received: {self.temp_location!r}")
        if not isinstance(self.environment, Docker):
            raise ValueError(f"environment of dataflow is of kind docker. Received: {_shown(self.environment)}")

    @property
    def is_local(self) -> bool:
        """Whether the engine is on the machine, or in the pod, of the step itself."""
        host = re.sub(r"^\w+://|\[[\d*]+\]$|:\d+$", "", self.master or self.job_endpoint or "")
        return self.engine == "direct" or host in LOCAL_HOSTS

    @property
    def in_processes(self) -> bool:
        """Whether workers are processes that the step itself starts."""
        return self.mode == "multi_processing"


def _shown(value: Any) -> str:
    return value.kind if hasattr(value, "kind") else str(value)
