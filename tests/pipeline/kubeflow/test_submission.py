import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigError
from pipeline.kubeflow.submission import check_image, submission
from pipeline.kubeflow_options import KubeflowConfig

DIGEST = "sha256:" + "0123456789abcdef" * 4


def _kubeflow(**changes) -> KubeflowConfig:
    return KubeflowConfig(**{"image": "slipway:1", "pipeline_root": "gs://bucket/slipway", **changes})


def test_runs_of_a_pipeline_are_of_one_experiment_and_named_by_their_time():
    made = submission("digits", _kubeflow(), [{}], now=datetime.datetime(2026, 11, 26, 12, 5, 9))
    assert (made.experiment, made.run) == ("digits", "digits-20261126-120509")


def test_the_request_is_shown_with_its_documents_after_it():
    kubeflow = _kubeflow(namespace="ann", service_account="trainer")
    shown = submission("digits", kubeflow, [{"a": 1}, {"b": 2}], now=datetime.datetime(2026, 11, 26)).as_documents()
    assert shown == [
        {
            "experiment": "digits",
            "run": "digits-20261126-000000",
            "namespace": "ann",
            "pipeline_root": "gs://bucket/slipway",
            "service_account": "trainer",
            "parameters": {},
        },
        {"a": 1},
        {"b": 2},
    ]


# The first six are examples of https://github.com/distribution/reference's own tests.
@pytest.mark.parametrize(
    "image",
    [
        "test.com:5000/repo:tag",
        f"test:5000/repo@{DIGEST}",
        f"test:5000/repo:tag@{DIGEST}",
        "foo/foo_bar.com:8080",
        "foo_bar.com:8080",
        "a/b/c.d__e-f:1.0-rc.1",
        "registry.example.com/slipway:0.1.0",
        "ghcr.io/ann/slipway:latest",
    ],
)
def test_an_image_with_tag_or_digest_is_usable(image):
    check_image(image)


@pytest.mark.parametrize(
    "image",
    [
        "slipway",
        "registry.example.com:5000/slipway",
        "Slipway:1",
        "slipway:",
        "slipway@sha256:12",
        "/slipway:1",
        "a b:1",
    ],
)
def test_an_image_without_is_refused(image):
    with pytest.raises(ConfigError, match=r"kubeflow\.image must be an image with its tag or digest") as caught:
        check_image(image)
    assert f"Received: {image!r}" in str(caught.value)


@given(
    repository=st.from_regex(r"[a-z0-9]{1,3}(/[a-z0-9]{1,3}){0,2}", fullmatch=True),
    tag=st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,9}", fullmatch=True),
)
def test_any_tag_that_registries_allow_is_usable(repository, tag):
    check_image(f"{repository}:{tag}")
    with pytest.raises(ConfigError):
        check_image(repository)
