"""A client's ModelServerConfig, as policies of the registry's models."""

import os

from tensorflow_serving.config import model_server_config_pb2

from serving.server.errors import invalid
from serving.server.policy import Policy


def policies(config: model_server_config_pb2.ModelServerConfig, registry: str) -> dict[str, Policy]:
    """Policy by name of model.

    Args:
      config: lists all models to serve; a policy that it leaves out is TensorFlow Serving's, the latest version.
      registry: directory or URL of the registry, which all models lie in.

    Raises:
      RequestError: a model elsewhere, one twice, or a policy that there is none of here.
    """
    if config.WhichOneof("config") != "model_config_list":
        raise invalid(
            "ServerModelConfig type not supported by HandleReloadConfigRequest. Only ModelConfigList is currently "
            "supported"
        )
    found: dict[str, Policy] = {}
    for model in config.model_config_list.config:
        if model.name in found:
            raise invalid(f"Illegal to list model {model.name} multiple times in config")
        expected = f"{registry.rstrip('/')}/{model.name}"
        if model.base_path and os.path.normpath(model.base_path) != os.path.normpath(expected):
            raise invalid(
                f"the base path of {model.name} must be {expected}, in the registry that this server was started with. "
                f"Received: {model.base_path}."
            )
        found[model.name] = _policy(model)
    return found


def _policy(model: model_server_config_pb2.ModelConfig) -> Policy:
    labels = dict(model.version_labels) or None
    policy = model.model_version_policy
    kind = policy.WhichOneof("policy_choice") or "latest"
    if kind == "latest" and policy.latest.num_versions > 1:
        raise invalid(
            f"model_version_policy of {model.name} must be all, specific or the one latest version. Received: latest "
            f"{policy.latest.num_versions}."
        )
    numbers = frozenset(policy.specific.versions) if kind == "specific" else frozenset()
    return Policy(kind=kind, numbers=numbers, labels=labels)
