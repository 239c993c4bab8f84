import hashlib
import json

import numpy as np
import pytest

from components.compressor.packed_files import packed_files, weights_digest
from components.compressor.variants import Variant
from tests.components.points import SPEC, points_model
from tests.components.variant_files import right_answer, tflite_content


@pytest.fixture(scope="module")
def variant(tmp_path_factory) -> Variant:
    path = tmp_path_factory.mktemp("variant") / "float32.tflite"
    path.write_bytes(tflite_content(right_answer, path.with_suffix("")))
    return Variant(
        name="sparse",
        precision="float32",
        path=path,
        difference=0.0,
        retrained=True,
        layer_sparsity=[],
        layer_errors=[],
    )


def _described(variant, spec=SPEC) -> dict:
    return json.loads(packed_files(spec, variant, digest="d1", seed=7)["model.json"])


def test_the_labels_are_a_line_each(variant):
    assert packed_files(SPEC, variant, digest="", seed=0)["labels.txt"] == "left\nright\n"


def test_a_task_without_labels_packs_none(variant):
    spec = SPEC.with_values({"is_named": False})
    assert set(packed_files(spec, variant, digest="", seed=0)) == {"model.json"}


def test_tensors_are_described_with_the_batch_left_open(variant):
    described = _described(variant)
    assert described["inputs"] == {"point": {"shape": ["batch", 2], "dtype": "float32", "scale": 0.0, "zero_point": 0}}
    assert list(described["outputs"]) == ["logits"]


def test_the_variant_is_told_apart(variant):
    described = _described(variant)
    assert (described["variant"], described["precision"]) == ("sparse", "float32")


def test_the_provenance_is_the_task_the_seed_the_weights_and_the_versions(variant):
    provenance = _described(variant)["provenance"]
    versions = {name: provenance.pop(name) for name in ("tensorflow", "keras", "ai-edge-quantizer")}
    assert provenance == {
        "task": "tests.components.points.Points",
        "seed": 7,
        "trained_weights_sha256": "d1",
        "retrained": True,
    }
    assert all(versions.values())


def test_the_digest_is_of_the_weights_names_and_values():
    model = points_model()
    digest = hashlib.sha256()
    for name, values in zip(
        ("hidden/kernel", "hidden/bias", "head/kernel", "head/bias"), model.get_weights(), strict=True
    ):
        digest.update(name.encode() + values.tobytes())
    assert weights_digest(model) == digest.hexdigest()


def test_the_same_weights_have_the_same_digest_in_another_model():
    assert weights_digest(points_model()) == weights_digest(points_model())


def test_one_weight_makes_another_digest():
    model = points_model()
    weights = model.get_weights()
    weights[0][0, 0] = np.nextafter(weights[0][0, 0], 2, dtype=np.float32)
    model.set_weights(weights)
    assert weights_digest(model) != weights_digest(points_model())
