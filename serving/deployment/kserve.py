"""KServe's InferenceServices: one for each version that has a label."""

from typing import Any

from serving.deployment.errors import DeploymentError
from serving.deployment.options import DeploymentOptions
from serving.deployment.places import absolute, is_store
from serving.deployment.served import ServedModel
from serving.registry import Registry

# The runtime `kserve-tensorflow-serving` starts the server with this base path, below which versions are numbers.
_MODELS = "/mnt/models"


def inference_service(
    registry: Registry, model: ServedModel, name: str, label: str, options: DeploymentOptions
) -> dict[str, Any]:
    """The InferenceService of a labelled version.

    That of a canary has the same name: applied after production's, it becomes a second revision, to which KServe sends
    `canaryTrafficPercent` of the requests and the rest to the revision that was rolled out before.

    Raises:
      DeploymentError: the registry is a directory and no claim is named.
    """
    number = model.labels[label]
    predictor: dict[str, Any] = {
        "minReplicas": options.min_replicas,
        "maxReplicas": options.max_replicas,
        "model": {
            "modelFormat": {"name": "tensorflow", "version": "2"},
            "resources": {
                "requests": {"cpu": str(options.cpus), "memory": options.memory},
                "limits": {"cpu": str(options.cpus), "memory": options.memory},
            },
        },
        # Not `storageUri`, whose files come to lie in the base path itself, where the server would look for a number.
        "storageUris": [{"uri": _address(registry, model, number, options), "mountPath": f"{_MODELS}/{number}"}],
    }
    if label == "canary" and "production" in model.labels:
        predictor["canaryTrafficPercent"] = options.canary_percent
    if options.service_account:
        predictor["serviceAccountName"] = options.service_account
    place = {"namespace": options.namespace} if options.namespace else {}
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": name, **place},
        "spec": {"predictor": predictor},
    }


def _address(registry: Registry, model: ServedModel, number: int, options: DeploymentOptions) -> str:
    if is_store(registry):
        return f"{absolute(registry).rstrip('/')}/{model.name}/{number}"
    if not options.claim:
        raise DeploymentError(
            "KServe reads gs://, s3:// and claims, and no directory of a node. Received: "
            f"{registry.root} with --target kserve. Give --claim CLAIM[/FOLDER], the volume on which it lies."
        )
    return "/".join(["pvc:/", *filter(None, [options.claim, options.claim_path, model.name, str(number)])])
