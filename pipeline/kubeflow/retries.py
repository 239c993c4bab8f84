"""How often a step starts again."""

from typing import Any

FIRST_WAIT_SECS = 60
# Argo counts it from the first start, and stops a later attempt that is still at work when it is over, so that it must
# be longer than any training.
LONGEST_SECS = 30 * 24 * 60 * 60


def retry_policy(count: int) -> dict[str, Any]:
    """A task's `retryPolicy`, all of it.

    The backend's compiler makes 0 of a duration that is left out (kubeflow/pipelines 2.17.0,
    backend/src/v2/compiler/argocompiler/container.go:411), and Argo takes a longest duration of 0 to be over at the
    first failure.

    Args:
      count: starts after the first, at the most.
    """
    return {
        "maxRetryCount": count,
        "backoffDuration": f"{FIRST_WAIT_SECS}s",
        # A whole number: Argo reads no other.
        "backoffFactor": 2,
        "backoffMaxDuration": f"{LONGEST_SECS}s",
    }
