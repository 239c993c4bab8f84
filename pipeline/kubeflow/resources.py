"""What of a machine a step takes: KFP's ResourceSpec."""

from typing import Any

from kfp.pipeline_spec import pipeline_spec_pb2
from kubernetes.utils.quantity import parse_quantity

from pipeline.errors import ConfigError
from pipeline.kubeflow_options.node import NodeSettings
from pipeline.kubeflow_options.pools import NodePool

ResourceSpec = pipeline_spec_pb2.PipelineDeploymentConfig.PipelineContainerSpec.ResourceSpec
BYTES_PER_GB = 10**9


def resource_spec(node: str, settings: NodeSettings, pool: NodePool | None) -> Any:
    """A node's cpu, memory and accelerators, each twice: the backend reads texts from version 2.4 on, and numbers
    before it (kubeflow/pipelines 2.17.0, backend/src/v2/driver/driver.go:163).

    Args:
      node: its name.
      settings: settings of it.
      pool: pool that it is put on, if any.

    Raises:
      ConfigError: a request is above its limit, which no pod may have.
    """
    spec = ResourceSpec()
    amounts = {
        "cpu": (settings.cpu_request, settings.cpu, 1),
        "memory": (settings.memory_request, settings.memory, BYTES_PER_GB),
    }
    for resource, (request, limit, unit) in amounts.items():
        for kind, amount in (("request", request), ("limit", limit)):
            if amount is not None:
                setattr(spec, f"resource_{resource}_{kind}", amount)
                setattr(spec, f"{resource}_{kind}", float(parse_quantity(amount)) / unit)
        if request and limit and parse_quantity(request) > parse_quantity(limit):
            raise ConfigError(
                f"kubeflow, {node}: {resource}_request must be at most {resource}. Received: {request} of {limit}."
            )
    accelerator = settings.accelerator or (pool.resource if pool else None)
    if accelerator is not None:
        count = settings.accelerator_count or (pool.most if pool and pool.is_tpu else 1)
        spec.accelerator.type = spec.accelerator.resource_type = accelerator
        spec.accelerator.count = count
        spec.accelerator.resource_count = str(count)
    return spec
