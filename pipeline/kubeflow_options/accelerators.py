"""The accelerators that Google Kubernetes Engine has, and which of them fit one step, which is one pod on one machine.

The figures are those of "Plan TPUs in GKE" (https://cloud.google.com/kubernetes-engine/docs/concepts/plan-tpus) and
"GPU machine types" (https://cloud.google.com/compute/docs/gpus).
"""

import math
import re
from dataclasses import dataclass

from data.did_you_mean import did_you_mean

GPU_RESOURCE = "nvidia.com/gpu"
TPU_RESOURCE = "google.com/tpu"
# The most GPUs that a machine has, by the value of the label cloud.google.com/gke-accelerator.
GPUS = {
    "nvidia-tesla-p4": 4,
    "nvidia-tesla-t4": 4,
    "nvidia-tesla-p100": 4,
    "nvidia-tesla-v100": 8,
    "nvidia-l4": 8,
    "nvidia-tesla-a100": 16,
    "nvidia-a100-80gb": 8,
    "nvidia-h100-80gb": 8,
    "nvidia-h100-mega-80gb": 8,
    "nvidia-h200-141gb": 8,
    "nvidia-b200": 8,
    "nvidia-gb200": 4,
}


@dataclass(frozen=True, kw_only=True)
class Tpu:
    """A generation of TPUs.

    Attributes:
      label: value of the label cloud.google.com/gke-tpu-accelerator.
      dimensions: how many a topology has.
      on_one_machine: topologies whose chips one machine holds.
    """

    label: str
    dimensions: int
    on_one_machine: tuple[str, ...]


TPUS = {
    "tpu-v4": Tpu(label="tpu-v4-podslice", dimensions=3, on_one_machine=("2x2x1",)),
    "tpu-v5e": Tpu(label="tpu-v5-lite-podslice", dimensions=2, on_one_machine=("1x1", "2x2", "2x4")),
    "tpu-v5p": Tpu(label="tpu-v5p-slice", dimensions=3, on_one_machine=("2x2x1",)),
    "tpu-v6e": Tpu(label="tpu-v6e-slice", dimensions=2, on_one_machine=("1x1", "2x2", "2x4")),
    "tpu7x": Tpu(label="tpu7x", dimensions=3, on_one_machine=("2x2x1",)),
}


def check_accelerator(accelerator: str, topology: str | None) -> None:
    """Refuses what no machine has.

    Args:
      accelerator: a key of `GPUS` or `TPUS`.
      topology: the TPU chips in each dimension, such as 2x2; None for GPUs.

    Raises:
      ValueError: names the rule and what was received.
    """
    known = (*GPUS, *TPUS)
    if accelerator not in known:
        raise ValueError(
            f"accelerator must be one of {', '.join(known)}. Received: {accelerator!r}."
            f"{did_you_mean(accelerator, known)} Other machines are named by node_selector and tolerations"
        )
    if accelerator in GPUS:
        if topology is not None:
            raise ValueError(f"topology is of TPUs. Received: {topology!r} with {accelerator}")
        return
    tpu = TPUS[accelerator]
    fitting = f"{accelerator} on one machine is {' or '.join(tpu.on_one_machine)}"
    if topology is None:
        raise ValueError(f"a TPU needs a topology; {fitting}. Received: {accelerator!r} without one")
    if not re.fullmatch(r"[1-9][0-9]*(x[1-9][0-9]*)*", topology) or topology.count("x") + 1 != tpu.dimensions:
        raise ValueError(
            f"a topology of {accelerator} has {tpu.dimensions} dimensions, such as {tpu.on_one_machine[-1]}. "
            f"Received: {topology!r}"
        )
    if topology not in tpu.on_one_machine:
        raise ValueError(
            f"a step is one pod on one machine, so that its topology must be one that a machine holds; {fitting}. "
            f"Received: {topology!r}, {chips(topology)} chips"
        )


def chips(topology: str) -> int:
    """The chips of a topology such as 2x2x1."""
    return math.prod(map(int, topology.split("x")))
