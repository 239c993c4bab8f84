"""What is known of a run when it is compiled, handed to each step in a variable of its environment.

No parameter, for those are part of the backend's cache key: a step would run anew when an option changes that is none
of its business.
"""

import base64
import json
import os
import zlib
from dataclasses import asdict

from tfx.orchestration.pipeline import Pipeline

from data.errors import SourceNotFoundError
from pipeline.config import PipelineConfig, load_task
from records.step_record import ClusterRun

VARIABLE = "SLIPWAY_RUN"


def run_variable(config: PipelineConfig, pipeline: Pipeline) -> dict[str, str]:
    """The variable, as a container of the pipeline spec has it."""
    task = load_task(config)
    try:
        labels = list(task.labels())
    except SourceNotFoundError:
        labels = []
    run = ClusterRun(
        pipeline=config.name,
        config=config.model_dump(mode="json"),
        upstream={node.id: sorted(each.id for each in node.upstream_nodes) for node in pipeline.components},
        metric=task.metrics()[0].name,
        label_key=task.label_key,
        labels=labels,
    )
    # Kubernetes and Argo fill in $(…) and {{…}}, which a config may have.
    packed = zlib.compress(json.dumps(asdict(run)).encode(), level=9)
    return {"name": VARIABLE, "value": base64.b64encode(packed).decode()}


def compiled_run() -> ClusterRun:
    """What this step's environment says; nothing where an earlier version compiled it."""
    packed = os.environ.get(VARIABLE)
    if not packed:
        return ClusterRun()
    return ClusterRun.from_json(json.loads(zlib.decompress(base64.b64decode(packed))))
