"""Files for Compose: a server and Prometheus on one machine."""

import json
from typing import Any

from serving.deployment.monitoring import ALERTS_FILE
from serving.deployment.options import DeploymentOptions
from serving.deployment.places import MODELS, absolute, is_store
from serving.deployment.served import ServedModel
from serving.deployment.server_files import GRPC_PORT, REST_PORT, server_flags
from serving.registry import Registry

_SERVER = "/usr/bin/tensorflow_model_server"
_CONFIG = "/etc/serving"
# The release whose promtool checks the files in our tests.
_PROMETHEUS = "prom/prometheus:v2.42.0"


def compose_file(registry: Registry, options: DeploymentOptions) -> dict[str, Any]:
    """`compose.yaml`: the registry's directory is mounted, so that the server sees each push."""
    volumes = [{"type": "bind", "source": ".", "target": _CONFIG, "read_only": True}]
    if not is_store(registry):
        volumes.append({"type": "bind", "source": absolute(registry), "target": MODELS, "read_only": True})
    return {
        "services": {
            "serving": {
                "image": options.image,
                "entrypoint": [_SERVER],
                "command": server_flags(_CONFIG, poll=True),
                "ports": [f"{REST_PORT}:{REST_PORT}", f"{GRPC_PORT}:{GRPC_PORT}"],
                "volumes": volumes,
                "restart": "unless-stopped",
                "deploy": {"resources": {"limits": {"cpus": str(options.cpus), "memory": _bytes(options.memory)}}},
            },
            "prometheus": {
                "image": _PROMETHEUS,
                "ports": ["9090:9090"],
                "volumes": [
                    {
                        "type": "bind",
                        "source": f"./{name}",
                        "target": f"/etc/prometheus/{name}",
                        "read_only": True,
                    }
                    for name in ("prometheus.yml", ALERTS_FILE)
                ],
                "depends_on": ["serving"],
            },
        }
    }


def dockerfile(registry: Registry, models: list[ServedModel], options: DeploymentOptions) -> str:
    """An image that holds the served versions, where the registry is a directory; else one that reads its address."""
    lines = [f"ARG IMAGE={options.image}", "FROM ${IMAGE}"]
    if is_store(registry):
        lines.insert(0, "# docker build -t NAME .")
    else:
        lines.insert(0, f"# docker build --build-context registry={absolute(registry)} -t NAME .")
        lines += [
            f"COPY --from=registry {model.name}/{number} {MODELS}/{model.name}/{number}"
            for model in models
            for number in model.versions(keep_previous=True)
        ]
    entrypoint = json.dumps([_SERVER, *server_flags(_CONFIG, poll=False)])
    lines += [
        f"COPY *.config {_CONFIG}/",
        f"EXPOSE {GRPC_PORT} {REST_PORT}",
        "USER 1000",
        f"ENTRYPOINT {entrypoint}",
    ]
    return "\n".join(lines) + "\n"


def _bytes(memory: str) -> str:
    """2Gi as Compose writes it, 2gb, which counts in powers of 1024 (docker/go-units, RAMInBytes)."""
    return memory.replace("Gi", "gb").replace("Mi", "mb")
