"""What a deployment's files depend on besides the registry."""

import importlib.metadata
import re
from dataclasses import dataclass

from serving.deployment.errors import DeploymentError

# A name of Kubernetes (RFC 1123, a label) and what a quantity of CPUs is here: whole ones, of which each gets a thread.
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_MEMORY = re.compile(r"[1-9][0-9]*(Mi|Gi)")
_CLAIM_PATH = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")


def default_image() -> str:
    """TF Serving's image of the release whose API is installed."""
    return f"tensorflow/serving:{importlib.metadata.version('tensorflow-serving-api')}"


@dataclass(frozen=True, kw_only=True)
class DeploymentOptions:
    """Options of the files.

    Attributes:
      image: TensorFlow Serving's.
      cpus: CPUs of a server, and threads that run batches.
      memory: memory of a server, such as 2Gi.
      min_replicas: servers that always run, on Kubernetes.
      max_replicas: servers at most, on Kubernetes.
      namespace: of Kubernetes; None leaves it to whoever applies the files.
      service_account: of Kubernetes, as whom the servers read an object store; None is the namespace's own.
      claim: PersistentVolumeClaim that holds a registry that lies in a directory.
      claim_path: the registry's folder in the claim; empty where it is all of it.
      canary_percent: share of KServe's requests that go to the canary.
      latency_ms: the p99 latency above which there is an alert.

    Raises:
      DeploymentError: an option that Kubernetes would refuse.
    """

    image: str
    cpus: int = 2
    memory: str = "2Gi"
    min_replicas: int = 2
    max_replicas: int = 10
    namespace: str | None = None
    service_account: str | None = None
    claim: str | None = None
    claim_path: str = ""
    canary_percent: int = 10
    latency_ms: float = 100

    def __post_init__(self) -> None:
        for option, name in (
            ("--namespace", self.namespace),
            ("--service-account", self.service_account),
            ("--claim", self.claim),
        ):
            if name is not None and not NAME.fullmatch(name):
                raise DeploymentError(
                    f"{option} must be a name of Kubernetes: lower-case letters, digits and dashes. Received: {name}."
                )
        if not _MEMORY.fullmatch(self.memory):
            raise DeploymentError(f"--memory must be a whole number of Mi or Gi, such as 2Gi. Received: {self.memory}.")
        if self.claim_path and (not _CLAIM_PATH.fullmatch(self.claim_path) or ".." in self.claim_path.split("/")):
            raise DeploymentError(
                "--claim must be CLAIM or CLAIM/FOLDER, where FOLDER is a plain relative path. "
                f"Received: {self.claim}/{self.claim_path}."
            )
        if self.min_replicas > self.max_replicas:
            raise DeploymentError(
                f"--max-replicas must not be below --min-replicas. Received: {self.max_replicas} below "
                f"{self.min_replicas}."
            )
