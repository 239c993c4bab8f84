"""Against Kubernetes' own client where it has a parser, else against the rules of its documentation."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubernetes.utils.quantity import parse_quantity
from pydantic import TypeAdapter, ValidationError

from pipeline.kubeflow_options import texts

SUFFIXES = {"": 1, "m": Decimal("0.001"), "k": 10**3, "M": 10**6, "Ki": 2**10, "Gi": 2**30, "Ei": 2**60}


def _is_taken(kind, text: str) -> bool:
    try:
        TypeAdapter(kind).validate_python(text)
    except ValidationError:
        return False
    return True


@given(number=st.decimals(min_value=0, max_value=10**6, places=3), suffix=st.sampled_from(sorted(SUFFIXES)))
def test_what_kubernetes_writes_is_taken(number, suffix):
    text = f"{number}{suffix}"
    assert parse_quantity(text) == number * SUFFIXES[suffix]
    assert _is_taken(texts.Quantity, text)


@given(text=st.text(alphabet="0123456789.mkMGKiBb -", max_size=6))
def test_what_is_taken_kubernetes_reads(text):
    if _is_taken(texts.Quantity, text):
        parse_quantity(text)


@pytest.mark.parametrize("text", ["4 GB", "4GB", "", "-1", "1gi", "K", "1.", "4\n"])
def test_what_is_no_quantity_is_refused(text):
    assert not _is_taken(texts.Quantity, text)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (
            texts.ObjectName,
            ["a", "s3.credentials", "a" * 63, ".".join(["a" * 63] * 3)],
            ["", "A", "a_b", "-a", "a.", "a" * 64, ".".join(["a" * 63] * 4)],
        ),
        (texts.VolumeName, ["a", "a-1"], ["", "a.b", "a" * 64, "minio-scratch", "kfp-launcher"]),
        (texts.EnvName, ["A", "_a1"], ["", "1A", "A-B", "A B"]),
        (texts.LabelKey, ["team", "example.com/team", "a_B.c"], ["", "a b", "/a", "a/", "Example.com/a", "a" * 64]),
        (texts.LabelValue, ["", "a", "v1.2_b"], ["a b", "-a", "a" * 64]),
        (texts.ResourceName, ["nvidia.com/gpu", "google.com/tpu"], ["gpu", "nvidia-l4", "nvidia.com/"]),
        (texts.SubPath, ["", "a", "a/b", "a..b"], ["/a", "..", "a/../b"]),
        (
            texts.MountPath,
            ["/a", "/mnt/slipway", "/gcsfuse", "/cache"],
            ["", "/", "//", "a", "/a/../b", "/a:b", "/gcs", "/gcs/", "/minio/bucket", "/kfp-workspace", "/.cache/a"],
        ),
    ],
)
def test_names_and_paths(kind, good, bad):
    assert [text for text in good if not _is_taken(kind, text)] == []
    assert [text for text in bad if _is_taken(kind, text)] == []
