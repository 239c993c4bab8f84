"""A run of a pipeline of one node, to submit."""

from typing import Any

from pipeline.kubeflow.submission import Submission

SPEC = {
    "pipelineInfo": {"name": "digits"},
    "schemaVersion": "2.1.0",
    "root": {"dag": {"tasks": {"Trainer": {"taskInfo": {"name": "Trainer"}}}}},
}
PLATFORM = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": {"e": {"imagePullPolicy": "Always"}}}}}}


def small_submission(**changes: Any) -> Submission:
    """The run; `changes` replace what it asks for."""
    values = {
        "experiment": "digits",
        "run": "digits-20261126-120000",
        "namespace": None,
        "pipeline_root": "gs://bucket/slipway",
        "service_account": None,
        "documents": [SPEC],
    }
    return Submission(**{**values, **changes})
