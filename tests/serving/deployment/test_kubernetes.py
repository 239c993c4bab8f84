"""Manifests of Kubernetes, held against its own schemas by kubernetes-validate, which bundles them."""

from dataclasses import replace

import pytest
import yaml

from serving.deployment.errors import DeploymentError
from serving.deployment.kubernetes import kubernetes_names
from serving.deployment.options import DeploymentOptions
from serving.deployment.render import render
from serving.deployment.served import ServedModel
from serving.registry import Registry
from tests.serving.deployment.conftest import OPTIONS
from tests.serving.registry_sample import sample_push

kubernetes_validate = pytest.importorskip("kubernetes_validate", reason="a tool for development only")
# The oldest release with a schema for all that is used here, and a newer one.
RELEASES = ("1.27", "1.34")


def documents(registry: Registry, options: DeploymentOptions = OPTIONS, file: str = "digits.yaml") -> dict:
    found = list(yaml.safe_load_all(render(registry, "kubernetes", options)[file]))
    return {each["kind"] + ("s" if each["metadata"]["name"].endswith("-pods") else ""): each for each in found}


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(
    "changes", [{}, {"claim": "models", "claim_path": "a/b", "namespace": "ml", "service_account": "reader"}]
)
def test_all_documents_are_what_kubernetes_takes(registry, changes, release):
    found = documents(registry, replace(OPTIONS, **changes))
    kinds = {"ConfigMap", "Deployment", "Service", "Services", "HorizontalPodAutoscaler", "PodDisruptionBudget"}
    assert set(found) == kinds
    for document in found.values():
        kubernetes_validate.validate(document, release, strict=True)


def test_the_validator_tells_a_wrong_field(registry):
    deployment = documents(registry)["Deployment"]
    deployment["spec"]["template"]["spec"]["containers"][0]["readinesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError, match="readinesProbe"):
        kubernetes_validate.validate(deployment, RELEASES[0], strict=True)


def test_what_selects_pods_selects_those_of_the_deployment(registry):
    found = documents(registry)
    pods = found["Deployment"]["spec"]["template"]
    assert found["Service"]["spec"]["selector"] == pods["metadata"]["labels"]
    assert found["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == pods["metadata"]["labels"]
    named = {port["name"] for port in pods["spec"]["containers"][0]["ports"]}
    assert {port["targetPort"] for port in found["Service"]["spec"]["ports"]} == named
    assert found["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]["name"] == found["Deployment"]["metadata"]["name"]


@pytest.mark.parametrize(("file", "label"), [("digits.yaml", "production"), ("my-model-2.yaml", "canary")])
def test_a_pod_is_ready_once_its_label_can_be_asked(registry, file, label):
    [container] = documents(registry, file=file)["Deployment"]["spec"]["template"]["spec"]["containers"]
    path = container["readinessProbe"]["httpGet"]["path"]
    assert path.endswith(f"/labels/{label}/metadata")


def test_prometheus_finds_each_pod_by_the_headless_service(registry):
    scraped = yaml.safe_load(render(registry, "kubernetes", replace(OPTIONS, namespace="ml"))["prometheus.yml"])
    [found] = scraped["scrape_configs"][0]["dns_sd_configs"]
    assert found == {"names": ["my-model-2-pods.ml", "digits-pods.ml"], "type": "A", "port": 8501}
    assert documents(registry)["Services"]["spec"]["clusterIP"] == "None"


def test_another_label_starts_other_pods_and_nothing_else_does(registry, tmp_path):
    before = documents(registry)["ConfigMap"]["metadata"]["name"]
    assert documents(registry)["ConfigMap"]["metadata"]["name"] == before
    registry.push("digits", **sample_push(tmp_path, "f"), stage="candidate")
    assert documents(registry)["ConfigMap"]["metadata"]["name"] == before
    registry.label("digits", 3, "production")
    found = documents(registry)
    after = found["ConfigMap"]["metadata"]["name"]
    assert after != before
    [config, _] = found["Deployment"]["spec"]["template"]["spec"]["volumes"]
    assert config["configMap"]["name"] == after


def test_a_directory_is_the_nodes_own_or_on_a_claim(registry):
    def volume(options):
        spec = documents(registry, options)["Deployment"]["spec"]["template"]["spec"]
        return spec["volumes"][1], spec["containers"][0]["volumeMounts"][1]

    host, mount = volume(OPTIONS)
    assert host["hostPath"] == {"path": str(registry.root), "type": "Directory"}
    assert mount == {"name": "models", "mountPath": "/models", "readOnly": True}
    claim, mount = volume(replace(OPTIONS, claim="models", claim_path="a/b"))
    assert claim["persistentVolumeClaim"] == {"claimName": "models", "readOnly": True}
    assert mount["subPath"] == "a/b"


@pytest.mark.parametrize("name", ["2fast", "x" * 51, "_"])
def test_a_model_whose_name_kubernetes_cannot_have_is_refused(name):
    with pytest.raises(DeploymentError, match="Push it under another name"):
        kubernetes_names([ServedModel(name=name, labels={"canary": 1}, previous=None)])


def test_two_models_of_one_name_in_kubernetes_are_refused():
    models = [ServedModel(name=name, labels={"canary": 1}, previous=None) for name in ("a_b", "a.b")]
    with pytest.raises(DeploymentError, match=r"a_b, a\.b, both a-b"):
        kubernetes_names(models)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"namespace": "My"}, "--namespace must be"),
        ({"memory": "2 GB"}, "--memory must be"),
        ({"claim": "c", "claim_path": "../x"}, "--claim must be"),
        ({"min_replicas": 3, "max_replicas": 2}, "Received: 2 below 3"),
    ],
)
def test_options_that_kubernetes_would_refuse_are_refused(changes, message):
    with pytest.raises(DeploymentError, match=message):
        replace(OPTIONS, **changes)
