import pytest

from pipeline.errors import ConfigError
from pipeline.kubeflow.resources import resource_spec
from pipeline.kubeflow_options.node import NodeSettings
from pipeline.kubeflow_options.pools import NodePool


def _spec(pool: NodePool | None = None, **settings):
    return resource_spec("Trainer", NodeSettings(**settings), pool)


@pytest.mark.parametrize(("text", "cores"), [("500m", 0.5), ("4", 4), ("1.5", 1.5)])
def test_cores(text, cores):
    spec = _spec(cpu=text)
    assert (spec.cpu_limit, spec.resource_cpu_limit) == (cores, text)


@pytest.mark.parametrize(("text", "gigabytes"), [("1G", 1), ("500M", 0.5), ("1Gi", 2**30 / 1e9)])
def test_gigabytes(text, gigabytes):
    spec = _spec(memory=text)
    assert (spec.memory_limit, spec.resource_memory_limit) == (pytest.approx(gigabytes), text)


def test_what_is_asked_for_apart_from_what_is_allowed():
    spec = _spec(cpu="4", cpu_request="500m", memory="8Gi", memory_request="2Gi")
    assert (spec.cpu_request, spec.resource_cpu_request, spec.resource_cpu_limit) == (0.5, "500m", "4")
    assert (spec.resource_memory_request, spec.resource_memory_limit) == ("2Gi", "8Gi")


def test_without_a_request_none_is_written_and_kubernetes_takes_the_limit():
    spec = _spec(cpu="4")
    assert (spec.cpu_request, spec.resource_cpu_request) == (0, "")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cpu": "1", "cpu_request": "1001m"}, r"Trainer: cpu_request must be at most cpu. Received: 1001m of 1\."),
        ({"memory": "1G", "memory_request": "1Gi"}, r"memory_request must be at most memory. Received: 1Gi of 1G\."),
    ],
)
def test_a_request_above_its_limit_is_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        _spec(**settings)


@pytest.mark.parametrize(
    ("pool", "settings", "resource", "count"),
    [
        (None, {"accelerator": "amd.com/gpu", "accelerator_count": 2}, "amd.com/gpu", 2),
        (NodePool(accelerator="nvidia-l4"), {}, "nvidia.com/gpu", 1),
        (NodePool(accelerator="nvidia-l4"), {"accelerator_count": 4}, "nvidia.com/gpu", 4),
        (NodePool(accelerator="tpu-v5e", topology="2x2"), {}, "google.com/tpu", 4),
        (NodePool(accelerator="tpu-v6e", topology="1x1"), {}, "google.com/tpu", 1),
        (NodePool(accelerator="tpu7x", topology="2x2x1"), {}, "google.com/tpu", 4),
        (NodePool(node_selector={"pool": "mine"}), {"accelerator": "nvidia.com/gpu"}, "nvidia.com/gpu", 1),
    ],
)
def test_accelerators(pool, settings, resource, count):
    accelerator = _spec(pool, **settings).accelerator
    assert (accelerator.type, accelerator.count) == (resource, count)
    assert (accelerator.resource_type, accelerator.resource_count) == (resource, str(count))


def test_a_pool_that_does_not_say_what_it_has_gives_nothing():
    assert not _spec(NodePool(node_selector={"pool": "mine"})).HasField("accelerator")
