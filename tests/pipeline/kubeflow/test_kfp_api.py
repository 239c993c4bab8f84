"""The stand-in and the SDK's client, judged by the API's own definition.

Needs a checkout of kubeflow/pipelines, named by SLIPWAY_KFP_CHECKOUT. The definitions say of no field that it must be
there; fields that they lack are refused here, as the server refuses them.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pipeline.kubeflow.backend import Backend, BackendError
from tests.pipeline.kubeflow.kfp_api import Exchange
from tests.pipeline.kubeflow.kfp_tasks import Moment
from tests.pipeline.kubeflow.small_submission import PLATFORM, SPEC, small_submission

CHECKOUT = os.environ.get("SLIPWAY_KFP_CHECKOUT")

pytestmark = pytest.mark.skipif(CHECKOUT is None, reason="SLIPWAY_KFP_CHECKOUT names no checkout of kubeflow/pipelines")


@pytest.fixture(scope="module")
def operations() -> list[tuple[str, re.Pattern[str], dict[str, Any], dict[str, Any]]]:
    """(method, pattern of paths, operation, definitions) of all that the API defines."""
    folder = Path(str(CHECKOUT)) / "backend" / "api" / "v2beta1" / "swagger"
    found = []
    for name in ("experiment", "run", "healthz"):
        swagger = json.loads((folder / f"{name}.swagger.json").read_text())
        for definition in swagger["definitions"].values():
            # The handler of /healthz, which is not the gateway's, says more (apiserver/main.go:465).
            if "properties" in definition and name != "healthz":
                definition.setdefault("additionalProperties", False)
        for path, methods in swagger["paths"].items():
            pattern = re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)))
            found += [(method.upper(), pattern, each, swagger["definitions"]) for method, each in methods.items()]
    return found


@pytest.fixture
def exchanges(kfp, host) -> list[Exchange]:
    """All requests that submitting and following a run makes, and some that are refused."""
    kfp.namespaces = ["ann"]
    backend = Backend(host)
    for _ in range(2):
        backend.submit(small_submission(namespace="ann", service_account="trainer", documents=[SPEC, PLATFORM]))
    does = ["done", "cached", "retried", "failed", "driver failed", "omitted", "running", "driver"]
    kfp.moments = [Moment("PENDING"), Moment("FAILED", {f"Node{number}": each for number, each in enumerate(does)})]
    for _ in kfp.moments:
        backend.run("4f2a")
    refused = [
        lambda: backend.submit(small_submission(namespace="bob")),
        lambda: backend.submit(small_submission(namespace="ann", documents=[{**SPEC, "schemaVersion": "2.0.0"}])),
        lambda: backend.run("nine"),
    ]
    for ask in refused:
        with pytest.raises(BackendError):
            ask()
    return kfp.exchanges


def test_what_goes_over_the_wire_is_as_the_api_defines_it(exchanges, operations):
    for exchange in exchanges:
        [(operation, definitions)] = [
            (operation, definitions)
            for method, pattern, operation, definitions in operations
            if method == exchange.method and pattern.fullmatch(exchange.path)
        ]
        parameters = operation.get("parameters", [])
        assert set(exchange.query) <= {each["name"] for each in parameters if each["in"] == "query"}
        schemas = [each["schema"] for each in parameters if each["in"] == "body"]
        assert len(schemas) == (exchange.body is not None)
        for schema in schemas:
            _validate(exchange.body, schema, definitions)
        answers = operation["responses"]
        _validate(exchange.answer, answers.get(str(exchange.status), answers["default"])["schema"], definitions)


def test_a_field_that_is_not_defined_would_be_found(operations):
    [definitions] = [each[3] for each in operations if each[1].pattern.endswith("/runs") and each[0] == "POST"]
    with pytest.raises(jsonschema.ValidationError, match="root"):
        _validate({"display_name": "a", "root": "gs://b"}, {"$ref": "#/definitions/v2beta1Run"}, definitions)


def _validate(value: Any, schema: dict[str, Any], definitions: dict[str, Any]) -> None:
    jsonschema.Draft4Validator(
        {**schema, "definitions": definitions}, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER
    ).validate(value)
