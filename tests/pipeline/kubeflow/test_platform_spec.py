"""The keys and their shapes are those of kubeflow/pipelines 2.17.0, kubernetes_executor_config.proto."""

import pytest

from pipeline.kubeflow.platform_spec import executor_config, platform_spec
from pipeline.kubeflow_options.node import NodeSettings
from pipeline.kubeflow_options.pools import NodePool


def _config(pool: NodePool | None = None, **settings):
    return executor_config(NodeSettings(**settings), pool, image="image:1")


def test_a_node_of_which_nothing_is_said_has_no_configuration():
    assert _config(cpu="1", retries=3, env={"A": "1"}) == {}
    assert platform_spec({"Trainer_executor": {}}) is None


def test_configurations_are_found_by_executor():
    executors = {"Trainer_executor": {"activeDeadlineSeconds": 60}, "Pusher_executor": {}}
    found = platform_spec(executors)["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    assert found == {"Trainer_executor": {"activeDeadlineSeconds": 60}}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"timeout_secs": 3600}, {"activeDeadlineSeconds": 3600}),
        (
            {"secrets": {"s3": {"env": {"AWS_ACCESS_KEY_ID": "accesskey"}, "mount_path": "/etc/s3", "optional": True}}},
            {
                "secretAsEnv": [
                    {
                        "secretName": "s3",
                        "keyToEnv": [{"secretKey": "accesskey", "envVar": "AWS_ACCESS_KEY_ID"}],
                        "optional": True,
                    }
                ],
                "secretAsVolume": [{"secretName": "s3", "mountPath": "/etc/s3", "optional": True}],
            },
        ),
        (
            {"config_maps": {"proxy": {"env": {"HTTPS_PROXY": "https"}, "mount_path": "/etc/proxy"}}},
            {
                "configMapAsEnv": [
                    {
                        "configMapName": "proxy",
                        "keyToEnv": [{"configMapKey": "https", "envVar": "HTTPS_PROXY"}],
                        "optional": False,
                    }
                ],
                "configMapAsVolume": [{"configMapName": "proxy", "mountPath": "/etc/proxy", "optional": False}],
            },
        ),
        (
            {"claims": {"data": {"mount_path": "/data"}, "more": {"mount_path": "/more/", "sub_path": "a/b"}}},
            {
                "pvcMount": [
                    {"constant": "data", "mountPath": "/data"},
                    {"constant": "more", "mountPath": "/more", "subPath": "a/b"},
                ]
            },
        ),
        (
            {
                "ephemeral_volumes": {
                    "scratch": {"mount_path": "/scratch", "size": "100Gi"},
                    "fast": {"mount_path": "/fast", "size": "1Ti", "storage_class": "ssd"},
                }
            },
            {
                "genericEphemeralVolume": [
                    {
                        "volumeName": "scratch",
                        "mountPath": "/scratch",
                        "accessModes": ["ReadWriteOnce"],
                        "size": "100Gi",
                        "defaultStorageClass": True,
                    },
                    {
                        "volumeName": "fast",
                        "mountPath": "/fast",
                        "accessModes": ["ReadWriteOnce"],
                        "size": "1Ti",
                        "storageClassName": "ssd",
                    },
                ]
            },
        ),
        (
            {"empty_dirs": {"tmp": {"mount_path": "/tmp", "size": "1Gi"}}, "shared_memory": "2Gi"},
            {
                "emptyDirMounts": [
                    {"volumeName": "tmp", "mountPath": "/tmp", "sizeLimit": "1Gi"},
                    {"volumeName": "shared-memory", "mountPath": "/dev/shm", "medium": "Memory", "sizeLimit": "2Gi"},
                ]
            },
        ),
        (
            {"image_pull_policy": "Always", "image_pull_secrets": ["one", "two"]},
            {"imagePullPolicy": "Always", "imagePullSecret": [{"secretName": "one"}, {"secretName": "two"}]},
        ),
        (
            {"labels": {"team": "vision"}, "annotations": {"example.com/why": "a, b"}},
            {"podMetadata": {"labels": {"team": "vision"}, "annotations": {"example.com/why": "a, b"}}},
        ),
        ({"labels": {"team": "vision"}}, {"podMetadata": {"labels": {"team": "vision"}}}),
        (
            {
                "node_affinity": [
                    {
                        "match": [
                            {"key": "zone", "values": ["a", "b"]},
                            {"key": "cores", "operator": "Gt", "values": ["8"]},
                        ]
                    },
                    {"match": [{"key": "disk", "operator": "Exists"}], "weight": 5},
                ]
            },
            {
                "nodeAffinity": [
                    {
                        "matchExpressions": [
                            {"key": "zone", "operator": "In", "values": ["a", "b"]},
                            {"key": "cores", "operator": "Gt", "values": ["8"]},
                        ]
                    },
                    {"matchExpressions": [{"key": "disk", "operator": "Exists"}], "weight": 5},
                ]
            },
        ),
        (
            {
                "tolerations": [
                    {"key": "unreachable", "operator": "Exists", "effect": "NoExecute", "toleration_secs": 0},
                    {"key": "team", "value": "vision"},
                ]
            },
            {
                "tolerations": [
                    {"key": "unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 0},
                    {"key": "team", "operator": "Equal", "value": "vision"},
                ]
            },
        ),
    ],
)
def test_settings(settings, expected):
    assert _config(**settings) == expected


@pytest.mark.parametrize(
    ("pool", "labels", "tolerations"),
    [
        (
            NodePool(accelerator="tpu-v5e", topology="2x2", spot=True),
            {
                "cloud.google.com/gke-tpu-accelerator": "tpu-v5-lite-podslice",
                "cloud.google.com/gke-tpu-topology": "2x2",
                "cloud.google.com/gke-spot": "true",
            },
            [
                {"key": "google.com/tpu", "operator": "Exists", "effect": "NoSchedule"},
                {"key": "cloud.google.com/gke-spot", "operator": "Equal", "value": "true", "effect": "NoSchedule"},
            ],
        ),
        (
            NodePool(accelerator="nvidia-l4", time_shared=True, node_selector={"zone": "a"}),
            {
                "cloud.google.com/gke-accelerator": "nvidia-l4",
                "cloud.google.com/gke-gpu-sharing-strategy": "time-sharing",
                "zone": "a",
            },
            [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
        ),
        (
            NodePool(node_selector={"pool": "mine"}, tolerations=({"key": "mine", "operator": "Exists"},)),
            {"pool": "mine"},
            [{"key": "mine", "operator": "Exists"}],
        ),
    ],
)
def test_pools_become_selectors_and_tolerations(pool, labels, tolerations):
    assert _config(pool) == {"nodeSelector": {"labels": labels}, "tolerations": tolerations}


def test_a_node_s_tolerations_come_beside_its_pool_s():
    config = _config(NodePool(accelerator="nvidia-l4"), tolerations=[{"key": "team", "operator": "Exists"}])
    assert [each["key"] for each in config["tolerations"]] == ["nvidia.com/gpu", "team"]


def test_a_pool_of_beam_workers_runs_beside_the_step_and_sees_what_it_sees():
    """Of kubeflow/pipelines later than 2.17: backend/src/v2/driver/k8s.go:805 of 7b70c7b."""
    command = ["python", "-m", "apache_beam.runners.worker.worker_pool_main"]
    config = _config(
        sidecars={"beam": {"command": command, "args": ["--service_port=50000"], "cpu": "2", "env": {"A": "1"}}},
        claims={"data": {"mount_path": "/data"}, "part": {"mount_path": "/part", "sub_path": "of"}},
        shared_memory="1Gi",
    )
    [container] = config["initContainers"]
    mounts = {mount["volumeName"]: mount["mountPath"] for mount in container.pop("volumeMounts")}
    assert container == {
        "name": "beam",
        "image": "image:1",
        "restartPolicy": "Always",
        "command": command,
        "args": ["--service_port=50000"],
        "env": [{"name": "A", "value": "1"}],
        "resources": {"limits": {"cpu": "2"}},
    }
    assert mounts == {
        "gcs-scratch": "/gcs",
        "s3-scratch": "/s3",
        "minio-scratch": "/minio",
        "data": "/data",
        "shared-memory": "/dev/shm",
    }
