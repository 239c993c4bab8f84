"""When Argo starts a failed step again.

KFP 2.17.0's compiler copies the task's retryPolicy into parameters of the workflow and writes 0 for those that are
missing (backend/src/v2/compiler/argocompiler/container.go:410 and :614); Argo's controller compares the time since the
first attempt started with the backoff's maximum and gives up once that is over
(argo-workflows workflow/controller/operator.go, processNodeRetries).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RetryStrategy:
    """Of one step.

    Attributes:
      limit: how many attempts there may be after the first.
      max_secs: how long after the first attempt's start another may begin.
    """

    limit: int
    max_secs: float

    @classmethod
    def of_task(cls, task: Mapping[str, Any]) -> "RetryStrategy":
        """The strategy that the compiler makes of a task of the pipeline spec."""
        policy = task.get("retryPolicy", {})
        return cls(int(policy.get("maxRetryCount", 0)), float(policy.get("backoffMaxDuration", "0s").removesuffix("s")))

    def allows_another(self, attempts: int, secs: float) -> bool:
        """Args:
        attempts: how many there were.
        secs: how long ago the first started.
        """
        return attempts <= self.limit and secs <= self.max_secs
