"""InferenceServices, held against KServe's CustomResourceDefinition."""

import os
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from serving.deployment.errors import DeploymentError
from serving.deployment.render import render
from tests.serving.deployment.conftest import OPTIONS
from tests.serving.deployment.stores import at_store

CLAIM = replace(OPTIONS, claim="models", claim_path="a/b")


@cache
def crd() -> jsonschema.Draft4Validator:
    """The schema of v1beta1, strict: the cluster drops what it does not know."""
    if "SLIPWAY_TEST_KSERVE_CRD" not in os.environ:
        pytest.skip("needs SLIPWAY_TEST_KSERVE_CRD, config/crd/full/serving.kserve.io_inferenceservices.yaml of KServe")
    text = Path(os.environ["SLIPWAY_TEST_KSERVE_CRD"]).read_text()
    [version] = yaml.load(text, yaml.CSafeLoader)["spec"]["versions"]
    return jsonschema.Draft4Validator(strict(version["schema"]["openAPIV3Schema"]["properties"]["spec"]))


def strict(schema: Any) -> Any:
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: strict(value) for key, value in schema.items()}
    if "properties" in schema and isinstance(schema["properties"], dict) and "additionalProperties" not in schema:
        inner["additionalProperties"] = False
    if schema.get("x-kubernetes-int-or-string"):
        inner["type"] = ["integer", "string"]
    return inner


def services(registry, options=CLAIM) -> dict[str, Any]:
    return {name: yaml.safe_load(text) for name, text in render(registry, "kserve", options).items()}


def test_each_is_what_kserve_takes(registry):
    for service in services(registry, replace(CLAIM, namespace="ml", service_account="reader")).values():
        crd().validate(service["spec"])


def test_the_schema_tells_a_wrong_field(registry):
    service = services(registry)["digits.production.yaml"]
    service["spec"]["predictor"]["storageURIs"] = []
    with pytest.raises(jsonschema.ValidationError, match="storageURIs"):
        crd().validate(service["spec"])


def test_a_canary_is_a_revision_of_the_same_service_with_its_share(registry):
    found = services(registry, replace(CLAIM, canary_percent=25))
    assert set(found) == {"digits.production.yaml", "digits.canary.yaml", "my-model-2.canary.yaml"}
    production, canary = found["digits.production.yaml"], found["digits.canary.yaml"]
    assert production["metadata"]["name"] == canary["metadata"]["name"] == "digits"
    assert "canaryTrafficPercent" not in production["spec"]["predictor"]
    assert canary["spec"]["predictor"]["canaryTrafficPercent"] == 25


def test_a_canary_without_production_gets_all_requests(registry):
    assert "canaryTrafficPercent" not in services(registry)["my-model-2.canary.yaml"]["spec"]["predictor"]


def test_a_version_lies_below_the_base_path_under_its_number(registry):
    [place] = services(registry)["digits.canary.yaml"]["spec"]["predictor"]["storageUris"]
    assert place == {"uri": "pvc://models/a/b/digits/3", "mountPath": "/mnt/models/3"}


@pytest.mark.parametrize("address", ["gs://bucket/registry", "s3://bucket/registry"])
def test_a_store_is_read_by_its_address(registry, address):
    [place] = services(at_store(registry, address), OPTIONS)["digits.production.yaml"]["spec"]["predictor"][
        "storageUris"
    ]
    assert place["uri"] == f"{address}/digits/2"


def test_a_directory_without_a_claim_is_refused(registry):
    with pytest.raises(DeploymentError, match="no directory of a node"):
        services(registry, OPTIONS)
