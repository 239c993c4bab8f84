"""All files of a target."""

import json
from collections.abc import Sequence
from typing import Any, Literal

import yaml

from serving.deployment.compose import compose_file, dockerfile
from serving.deployment.kserve import inference_service
from serving.deployment.kubernetes import kubernetes_names, manifests, pods_service
from serving.deployment.monitoring import ALERTS_FILE, alert_rules, dashboard, prometheus_config
from serving.deployment.options import DeploymentOptions
from serving.deployment.places import absolute, inside, refuse_s3
from serving.deployment.served import ServedModel, served_models
from serving.deployment.server_files import (
    BATCHING_FILE,
    MODELS_FILE,
    MONITORING_FILE,
    PREPARE_FILE,
    REST_PORT,
    batching_config,
    models_config,
    monitoring_config,
    prepare_config,
)
from serving.registry import Registry

Target = Literal["tensorflow-serving", "compose", "kubernetes", "kserve"]


def render(registry: Registry, target: Target, options: DeploymentOptions) -> dict[str, str]:
    """The files of a target, by name.

    Raises:
      DeploymentError: no version is to be served, or the target cannot serve this registry.
      RegistryError: the registry cannot be read.
    """
    models = served_models(registry)
    if target == "kserve":
        return _kserve(registry, models, options)
    refuse_s3(registry, target)
    if target == "kubernetes":
        return _kubernetes(registry, models, options)
    if target == "tensorflow-serving":
        return _server(models, absolute(registry), options)
    return {
        **_server(models, inside(registry), options),
        "compose.yaml": _yaml(compose_file(registry, options)),
        "Dockerfile": dockerfile(registry, models, options),
        **_monitoring(prometheus_config(targets=[f"serving:{REST_PORT}"]), options),
    }


def _server(models: Sequence[ServedModel], base: str, options: DeploymentOptions) -> dict[str, str]:
    final, before = models_config(models, base, keep_previous=True), prepare_config(models, base)
    return {
        MODELS_FILE: final,
        **({PREPARE_FILE: before} if before != final else {}),
        BATCHING_FILE: batching_config(options),
        MONITORING_FILE: monitoring_config(),
    }


def _kubernetes(registry: Registry, models: Sequence[ServedModel], options: DeploymentOptions) -> dict[str, str]:
    names = kubernetes_names(models)
    files = {
        f"{names[model.name]}.yaml": _yaml(*manifests(registry, model, names[model.name], options)) for model in models
    }
    scope = f".{options.namespace}" if options.namespace else ""
    services = [f"{pods_service(names[model.name])}{scope}" for model in models]
    return {**files, **_monitoring(prometheus_config(services=services), options)}


def _kserve(registry: Registry, models: Sequence[ServedModel], options: DeploymentOptions) -> dict[str, str]:
    names = kubernetes_names(models)
    return {
        f"{names[model.name]}.{label}.yaml": _yaml(
            inference_service(registry, model, names[model.name], label, options)
        )
        for model in models
        for label in model.labels
    }


def _monitoring(prometheus: dict[str, Any], options: DeploymentOptions) -> dict[str, str]:
    return {
        "prometheus.yml": _yaml(prometheus),
        ALERTS_FILE: _yaml(alert_rules(options)),
        "dashboard.json": json.dumps(dashboard(), indent=2) + "\n",
    }


def _yaml(*documents: dict[str, Any]) -> str:
    return yaml.dump_all(documents, Dumper=_Dumper, sort_keys=False, width=120)


class _Dumper(yaml.SafeDumper):
    """Writes a text of several lines as one, and repeats what is there twice rather than pointing to it."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)
