"""TensorFlow Serving's own files, as text protos, and the flags that name them."""

from collections.abc import Sequence

from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from serving.deployment.options import DeploymentOptions
from serving.deployment.served import ServedModel

MODELS_FILE = "models.config"
PREPARE_FILE = "models.prepare.config"
BATCHING_FILE = "batching.config"
MONITORING_FILE = "monitoring.config"
METRICS_PATH = "/monitoring/prometheus/metrics"
GRPC_PORT, REST_PORT = 8500, 8501
_POLL_SECS = 30


def models_config(models: Sequence[ServedModel], base: str, *, keep_previous: bool) -> str:
    """A `ModelServerConfig` (config/model_server_config.proto): the labelled versions, and no others.

    Args:
      models: what is served.
      base: the directory or gs:// address of the registry, as the server sees it.
      keep_previous: whether the version that held production before stays loaded, so that a label can go back to it in
        a running server, which moves labels to loaded versions only.
    """
    return _text(models, base, keep_previous=keep_previous, production=None)


def prepare_config(models: Sequence[ServedModel], base: str) -> str:
    """The same versions, with production still where it was before: what a running server is given first."""
    before = {model.name: model.previous for model in models if model.previous and "production" in model.labels}
    return _text(models, base, keep_previous=True, production=before)


def _text(models: Sequence[ServedModel], base: str, *, keep_previous: bool, production: dict[str, int] | None) -> str:
    config = model_server_config_pb2.ModelServerConfig()
    for model in models:
        one = config.model_config_list.config.add(
            name=model.name, base_path=f"{base}/{model.name}", model_platform="tensorflow"
        )
        one.model_version_policy.specific.versions.extend(model.versions(keep_previous=keep_previous))
        for label, number in model.labels.items():
            moved = (production or {}).get(model.name) if label == "production" else None
            one.version_labels[label] = moved or number
    return text_format.MessageToString(config)


def batching_config(options: DeploymentOptions) -> str:
    """`BatchingParameters` (servables/tensorflow/session_bundle_config.proto): a thread a CPU, and next to no waiting.

    The queue is short: when it is full, clients are told so (UNAVAILABLE) and can go elsewhere.
    """
    values = {
        "max_batch_size": 64,
        "batch_timeout_micros": 1000,
        "max_enqueued_batches": 100,
        "num_batch_threads": options.cpus,
    }
    return "".join(f"{name} {{ value: {value} }}\n" for name, value in values.items())


def monitoring_config() -> str:
    """`MonitoringConfig` (config/monitoring_config.proto)."""
    return f'prometheus_config {{\n  enable: true\n  path: "{METRICS_PATH}"\n}}\n'


def server_flags(directory: str, *, poll: bool) -> list[str]:
    """Flags of `tensorflow_model_server` (model_servers/main.cc).

    Args:
      directory: where the files lie, as the server sees it.
      poll: whether the server reads `models.config` again while it runs.
    """
    return [
        f"--port={GRPC_PORT}",
        f"--rest_api_port={REST_PORT}",
        f"--model_config_file={directory}/{MODELS_FILE}",
        *([f"--model_config_file_poll_wait_seconds={_POLL_SECS}"] if poll else []),
        # Labels and versions come with the first config together.
        "--allow_version_labels_for_unavailable_models=true",
        f"--monitoring_config_file={directory}/{MONITORING_FILE}",
        "--enable_batching=true",
        f"--batching_parameters_file={directory}/{BATCHING_FILE}",
    ]
