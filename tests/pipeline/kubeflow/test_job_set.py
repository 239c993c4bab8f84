import json

import pytest

from pipeline.kubeflow.job_set import job_set
from tests.pipeline.kubeflow.step_pod import STEP_POD


@pytest.fixture(scope="module")
def manifest():
    return job_set(STEP_POD, name="trainer-1", workers=2, command=["python", "-m", "step", "--inputs", "{}"])


@pytest.fixture(scope="module")
def job(manifest):
    [replicated] = manifest["spec"]["replicatedJobs"]
    assert (replicated["name"], replicated["replicas"]) == ("workers", 1)
    return replicated["template"]["spec"]


@pytest.fixture(scope="module")
def container(job):
    [container] = job["template"]["spec"]["containers"]
    return container


def test_it_is_a_job_set_that_goes_with_the_step(manifest):
    assert (manifest["apiVersion"], manifest["kind"]) == ("jobset.x-k8s.io/v1alpha2", "JobSet")
    [owner] = manifest["metadata"]["ownerReferences"]
    assert owner == {
        "apiVersion": "v1",
        "kind": "Pod",
        "name": "digits-x7k2p-retry-system-container-impl-1234567890",
        "uid": "0f3c2a1b-5d4e-4f60-8a7b-9c8d7e6f5a4b",
    }


def test_no_worker_starts_again_by_itself(manifest, job):
    """One that did would wait for others that are gone: the step starts again, with new workers."""
    assert manifest["spec"]["failurePolicy"] == {"maxRestarts": 0}
    assert (job["backoffLimit"], job["template"]["spec"]["restartPolicy"]) == (0, "Never")


@pytest.mark.parametrize("index", [0, 1])
def test_each_worker_finds_itself_and_the_others(container, job, index):
    """Kubernetes replaces $(NAME) by the variable of this name that stands before; hosts are called as JobSet does."""
    assert (job["parallelism"], job["completions"], job["completionMode"]) == (2, 2, "Indexed")
    names = [each["name"] for each in container["env"]]
    assert names.index("WORKER_INDEX") < names.index("TF_CONFIG")
    [template] = [each["value"] for each in container["env"] if each["name"] == "TF_CONFIG"]
    assert json.loads(template.replace("$(WORKER_INDEX)", str(index))) == {
        "cluster": {
            "chief": ["10.0.0.7:2222"],
            "worker": ["trainer-1-workers-0-0.trainer-1:2222", "trainer-1-workers-0-1.trainer-1:2222"],
        },
        "task": {"type": "worker", "index": index},
    }


def test_a_worker_gets_what_the_step_gets(container, job):
    spec, main = job["template"]["spec"], STEP_POD["spec"]["containers"][1]
    for key in ("image", "imagePullPolicy", "envFrom", "resources", "securityContext"):
        assert container[key] == main[key]
    for key in ("nodeSelector", "tolerations", "serviceAccountName"):
        assert spec[key] == STEP_POD["spec"][key]
    assert {"name": "A", "value": "1"} in container["env"]
    assert [mount["mountPath"] for mount in container["volumeMounts"]] == ["/.cache", "/mnt/slipway"]
    assert [volume["name"] for volume in spec["volumes"]] == ["dot-cache-scratch", "slipway"]


def test_a_worker_runs_the_command_itself(container):
    assert container["command"] == ["python", "-m", "step", "--inputs", "{}"]
    assert "args" not in container


def test_nothing_of_what_ran_the_step_comes_along(job):
    assert job["template"]["metadata"] == {
        "labels": {"pipeline/runid": "r", "team": "vision"},
        "annotations": {"sidecar.istio.io/inject": "false"},
    }
    spec = job["template"]["spec"]
    assert not {"initContainers", "nodeName", "activeDeadlineSeconds"} & spec.keys()
    assert "ARGO_TEMPLATE" not in str(spec)
