"""Machines of the cluster, and what lets a step onto them."""

from typing import Literal

from pydantic import Field, model_validator

from components.sections import Section
from pipeline.kubeflow_options.accelerators import GPU_RESOURCE, GPUS, TPU_RESOURCE, TPUS, check_accelerator, chips
from pipeline.kubeflow_options.texts import LabelKey, LabelValue

SPOT = "cloud.google.com/gke-spot"


class Toleration(Section):
    """A Kubernetes toleration."""

    key: LabelKey = Field(description="The taint's key.")
    operator: Literal["Equal", "Exists"] = Field(
        "Equal", description="Whether the taint must have the value, or only be there."
    )
    value: LabelValue | None = Field(None, description="The taint's value; none with Exists.")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(
        None, description="The taint's effect; null: any."
    )
    toleration_secs: int | None = Field(
        None, ge=0, description="How long a NoExecute taint is tolerated; null: for ever."
    )

    @model_validator(mode="after")
    def _fits_its_operator(self) -> "Toleration":
        if self.operator == "Exists" and self.value is not None:
            raise ValueError(f"a toleration with operator Exists has no value. Received: {self.value!r}")
        if self.toleration_secs is not None and self.effect != "NoExecute":
            raise ValueError(
                f"toleration_secs goes with effect NoExecute. Received: {self.toleration_secs} with "
                f"{self.effect or 'any effect'}"
            )
        return self


class Requirement(Section):
    """What a label of a machine must be."""

    key: LabelKey = Field(description="The label.")
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"] = Field("In", description="As Kubernetes'.")
    values: tuple[LabelValue, ...] = Field((), description="One for Gt and Lt, none for Exists and DoesNotExist.")

    @model_validator(mode="after")
    def _has_values(self) -> "Requirement":
        least, most = {"In": (1, None), "NotIn": (1, None), "Gt": (1, 1), "Lt": (1, 1)}.get(self.operator, (0, 0))
        if len(self.values) < least or (most is not None and len(self.values) > most):
            wanted = "at least one value" if most is None else "one value" if most else "no values"
            raise ValueError(f"operator {self.operator} takes {wanted}. Received: {list(self.values)}")
        if self.operator in ("Gt", "Lt") and not self.values[0].isdecimal():
            raise ValueError(f"operator {self.operator} takes a whole number. Received: {self.values[0]!r}")
        return self


class NodeAffinity(Section):
    """Machines that a step needs or prefers; one of several that are needed is enough."""

    match: tuple[Requirement, ...] = Field(min_length=1, description="What holds for the machine, all of it.")
    weight: int | None = Field(None, ge=1, le=100, description="How much it is preferred; null: it is needed.")


class NodePool(Section):
    """Machines that a node may be put on."""

    accelerator: str | None = Field(
        None,
        description="Of Google Kubernetes Engine, such as nvidia-l4 or tpu-v5e: gives the labels, the taint and the "
        "resource.",
    )
    topology: str | None = Field(None, description="How a TPU's chips are laid out, such as 2x2: gives their count.")
    spot: bool = Field(False, description="Spot machines of Google Kubernetes Engine.")
    time_shared: bool = Field(False, description="GPUs that several pods share in turn, one of them a pod.")
    node_selector: dict[LabelKey, LabelValue] = Field(
        default_factory=dict, description="Labels that a machine of the pool has."
    )
    tolerations: tuple[Toleration, ...] = Field((), description="Taints of the pool that its nodes tolerate.")

    @model_validator(mode="after")
    def _some_machine_has_it(self) -> "NodePool":
        if not (self.accelerator or self.spot or self.node_selector):
            raise ValueError(
                "a pool needs accelerator, spot or node_selector, which machines are told by. Received: none of them"
            )
        if self.accelerator is not None:
            check_accelerator(self.accelerator, self.topology)
        elif self.topology is not None:
            raise ValueError(f"topology needs an accelerator, such as tpu-v5e. Received: {self.topology!r} without one")
        if self.time_shared and self.accelerator not in GPUS:
            raise ValueError(
                f"time_shared is of GPUs; accelerator must be one of {', '.join(GPUS)}. Received: {self.accelerator!r}"
            )
        given = self.accelerator_labels().keys() & self.node_selector.keys()
        if given:
            raise ValueError(
                f"node_selector must leave out what accelerator, topology, spot and time_shared say. "
                f"Received: {', '.join(sorted(given))}"
            )
        return self

    @property
    def resource(self) -> str | None:
        """The Kubernetes resource of its accelerators; None where the pool does not say which it has."""
        return None if self.accelerator is None else TPU_RESOURCE if self.accelerator in TPUS else GPU_RESOURCE

    @property
    def is_tpu(self) -> bool:
        """Whether its accelerators are TPUs, of which a pod takes all of the machine's."""
        return self.accelerator in TPUS

    @property
    def most(self) -> int:
        """The most accelerators that a pod can have there."""
        if self.topology is not None:
            return chips(self.topology)
        return 1 if self.time_shared else GPUS[self.accelerator or ""]

    def labels(self) -> dict[str, str]:
        """All labels that a machine of the pool has."""
        return {**self.accelerator_labels(), **self.node_selector}

    def accelerator_labels(self) -> dict[str, str]:
        """Labels that Google Kubernetes Engine gives such machines."""
        labels = {}
        if self.accelerator in TPUS:
            labels["cloud.google.com/gke-tpu-accelerator"] = TPUS[self.accelerator].label
            labels["cloud.google.com/gke-tpu-topology"] = self.topology or ""
        elif self.accelerator is not None:
            labels["cloud.google.com/gke-accelerator"] = self.accelerator
        if self.time_shared:
            labels["cloud.google.com/gke-gpu-sharing-strategy"] = "time-sharing"
        if self.spot:
            labels[SPOT] = "true"
        return labels

    def all_tolerations(self) -> tuple[Toleration, ...]:
        """Those of its own, and of the taints that Google Kubernetes Engine gives such machines."""
        accelerator = [Toleration(key=self.resource, operator="Exists", effect="NoSchedule")] if self.resource else []
        spot = [Toleration(key=SPOT, value="true", effect="NoSchedule")] if self.spot else []
        return tuple(dict.fromkeys((*accelerator, *spot, *self.tolerations)))
