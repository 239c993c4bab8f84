import pytest
from pydantic import ValidationError

from pipeline.kubeflow_options import KubeflowConfig
from pipeline.kubeflow_options.node import NodeSettings
from pipeline.kubeflow_options.pools import NodePool

STORAGE = {"claim": "slipway", "mount_path": "/mnt/slipway"}


def _kubeflow(**changes) -> KubeflowConfig:
    return KubeflowConfig.model_validate({"image": "image:1", "pipeline_root": "gs://bucket/root", **changes})


@pytest.mark.parametrize("root", ["gs://bucket", "s3://bucket/a", "minio://mlpipeline/v2/artifacts"])
def test_roots_that_the_launcher_stages(root):
    assert _kubeflow(pipeline_root=root, storage=STORAGE).pipeline_root == root


@pytest.mark.parametrize("root", ["/root", "root", "file:///root", "hdfs://a/b", "az://a/b", "gs://", "gs:///a", ""])
def test_roots_that_it_does_not_are_refused(root):
    with pytest.raises(ValidationError, match=r"at gs://, s3://, minio://: what Kubeflow's launcher .* Received: "):
        _kubeflow(pipeline_root=root, storage=STORAGE)


@pytest.mark.parametrize("root", ["s3://bucket/a", "minio://mlpipeline"])
def test_where_no_step_reads_the_root_itself_storage_is_required(root):
    with pytest.raises(ValidationError, match=rf"storage is required .* Received: pipeline_root '{root}' without it"):
        _kubeflow(pipeline_root=root)


def test_a_node_overrides_the_default_key_by_key_and_name_by_name():
    kubeflow = _kubeflow(
        default={"cpu": "1", "memory": "2Gi", "env": {"A": "1", "B": "2"}, "image_pull_secrets": ["a"]},
        nodes={"Trainer": {"cpu": "8", "env": {"B": "3"}, "image_pull_secrets": ["b"]}},
    )
    trainer = kubeflow.settings_of("Trainer")
    assert (trainer.cpu, trainer.memory) == ("8", "2Gi")
    assert trainer.env == {"A": "1", "B": "3"}
    assert trainer.image_pull_secrets == ("b",)
    assert kubeflow.settings_of("Pusher") == kubeflow.default


def test_null_takes_back_what_the_default_says():
    kubeflow = _kubeflow(default={"pool": {"accelerator": "nvidia-l4"}}, nodes={"Pusher": {"pool": None}})
    assert kubeflow.pool_of(kubeflow.settings_of("Pusher")) is None
    assert kubeflow.pool_of(kubeflow.settings_of("Trainer")).resource == "nvidia.com/gpu"


def test_a_pool_by_name_and_a_pool_of_its_own_are_the_same():
    pool = {"accelerator": "tpu-v5e", "topology": "2x2"}
    kubeflow = _kubeflow(node_pools={"tpu": pool}, nodes={"Trainer": {"pool": "tpu"}, "Tuner": {"pool": pool}})
    assert kubeflow.pool_of(kubeflow.settings_of("Trainer")) == kubeflow.pool_of(kubeflow.settings_of("Tuner"))


@pytest.mark.parametrize("node", ["DataGate", "Tuner", "Trainer", "Baseline", "Compressor", "Pusher", "BulkInferrer"])
def test_storage_is_a_claim_of_the_nodes_that_use_it(node):
    kubeflow = _kubeflow(storage=STORAGE, default={"claims": {"data": {"mount_path": "/data"}}})
    assert {name: mount.mount_path for name, mount in kubeflow.settings_of(node).claims.items()} == {
        "data": "/data",
        "slipway": "/mnt/slipway",
    }
    assert "slipway" not in kubeflow.settings_of("Transform").claims


def test_the_storage_s_claim_may_be_mounted_as_the_storage_is():
    kubeflow = _kubeflow(storage=STORAGE, default={"claims": {"slipway": {"mount_path": "/mnt/slipway"}}})
    assert kubeflow.settings_of("Pusher").claims == kubeflow.settings_of("ExampleGen").claims


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pool": "tpu"}, r"pool must be one of node_pools \(gpu\)\. Received: 'tpu'"),
        ({"pool": "gpus"}, r"Received: 'gpus'\. Did you mean gpu\?"),
        ({"pool": "gpu", "accelerator": "google.com/tpu"}, r"must be that of the pool, nvidia\.com/gpu"),
        (
            {"pool": "gpu", "accelerator_count": 9},
            r"at most 8, that of the largest machine with nvidia-l4\. Received: 9",
        ),
        (
            {"pool": {"accelerator": "nvidia-l4", "time_shared": True}, "accelerator_count": 2},
            r"at most 1, that of GPUs that pods share in turn\. Received: 2",
        ),
        (
            {"pool": {"accelerator": "tpu-v5e", "topology": "2x4"}, "accelerator_count": 4},
            r"all TPU chips of its machine, 8 of topology 2x4\. Received: accelerator_count=4",
        ),
        ({"accelerator_count": 1}, r"accelerator_count needs an accelerator, or a pool with one"),
        (
            {"claims": {"a": {"mount_path": "/a"}}, "secrets": {"a": {"mount_path": "/b"}}},
            r"volumes must have names of their own, .* Received: a twice",
        ),
        (
            {"empty_dirs": {"a": {"mount_path": "/dev/shm"}}, "shared_memory": "1Gi"},
            r"volumes must have mount_paths of their own\. Received: /dev/shm twice",
        ),
        ({"config_maps": {"a.b": {"mount_path": "/b"}}}, r"names of volumes, and of what is mounted as one"),
        (
            {"env": {"A": "1"}, "secrets": {"s": {"env": {"A": "key"}}}},
            r"environment variables must have names of their own\. Received: A twice",
        ),
        (
            {"claims": {"slipway": {"mount_path": "/other"}}},
            r"slipway is the storage's, at /mnt/slipway\. Received: claims\.slipway at /other",
        ),
    ],
)
@pytest.mark.parametrize("where", ["default", "nodes.Trainer"])
def test_what_no_pod_could_have_is_refused(where, settings, message):
    pools = {"gpu": {"accelerator": "nvidia-l4"}}
    given = {"default": settings} if where == "default" else {"nodes": {"Trainer": settings}}
    with pytest.raises(ValidationError, match=message):
        _kubeflow(node_pools=pools, storage=STORAGE, **given)


def test_what_only_a_node_and_its_default_together_break_is_refused():
    with pytest.raises(ValidationError, match=r"nodes.Trainer: volumes must have mount_paths of their own"):
        _kubeflow(
            default={"claims": {"a": {"mount_path": "/a"}}}, nodes={"Trainer": {"claims": {"b": {"mount_path": "/a"}}}}
        )


@pytest.mark.parametrize(
    ("pool", "message"),
    [
        ({}, r"a pool needs accelerator, spot or node_selector"),
        ({"topology": "2x2", "spot": True}, r"topology needs an accelerator"),
        ({"accelerator": "tpu-v5e", "topology": "2x2", "time_shared": True}, r"time_shared is of GPUs"),
        (
            {"accelerator": "nvidia-l4", "node_selector": {"cloud.google.com/gke-accelerator": "nvidia-tesla-t4"}},
            r"node_selector must leave out .* Received: cloud\.google\.com/gke-accelerator",
        ),
        ({"node_selector": {"a": "b"}, "tolerations": [{"key": "a", "operator": "Exists", "value": "b"}]}, r"no value"),
        (
            {"node_selector": {"a": "b"}, "tolerations": [{"key": "a", "toleration_secs": 1, "effect": "NoSchedule"}]},
            r"toleration_secs goes with effect NoExecute\. Received: 1 with NoSchedule",
        ),
    ],
)
def test_pools_that_no_machine_is_in_are_refused(pool, message):
    with pytest.raises(ValidationError, match=message):
        NodePool.model_validate(pool)


@pytest.mark.parametrize(
    ("operator", "values", "message"),
    [
        ("In", [], "at least one value"),
        ("Exists", ["a"], "no values"),
        ("Lt", ["1", "2"], "one value"),
        ("Gt", ["a"], "a whole number"),
    ],
)
def test_requirements_that_kubernetes_refuses(operator, values, message):
    affinity = {"match": [{"key": "a", "operator": operator, "values": values}]}
    with pytest.raises(ValidationError, match=message):
        NodeSettings.model_validate({"node_affinity": [affinity]})


def test_a_secret_that_a_step_would_not_see_is_refused():
    with pytest.raises(ValidationError, match=r"env or mount_path must say how the step gets it"):
        NodeSettings.model_validate({"secrets": {"a": {}}})
