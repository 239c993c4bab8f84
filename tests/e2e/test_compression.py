"""Recipes and budgets in whole pipelines: what is changed, trained further, converted, judged and shipped."""

import json

import pytest
import yaml

from compression.files.packing import unpack_files
from serving.tflite import TFLiteModel
from tests.e2e.commands import DIGITS, Ran, run, slipway

pytestmark = pytest.mark.e2e

PRUNED = {"prune": {"sparsity": 0.8, "exclude": ["logits"]}, "epochs": 6, "learning_rate": 0.002}
SPARSE = {**PRUNED, "cluster": {"clusters": 16, "exclude": ["logits"]}}


def _config(path, **compress):
    config = yaml.safe_load(DIGITS.read_text())
    del config["push"]
    # Trained again, a recipe's accuracy differs by 0.025 from one time to the next.
    config["compress"] = {"gates": {"accuracy": {"min": 0.85, "max_worsening": 0.1}}, **compress}
    path.write_text(yaml.safe_dump(config))
    return path


def test_pruned_variants_are_trained_converted_judged_and_shipped(digits: Ran, tmp_path):
    narrow = {"name": "narrow", "prune_channels": {"share": 0.5}, "epochs": 6, "learning_rate": 0.004}
    variants = [
        "float32",
        {"name": "partly", "precision": "int8", "keep_float": ["logits"]},
        narrow,
        {"name": "sparse", **SPARSE},
        {"name": "sparse_int8", "precision": "int8", **SPARSE},
    ]
    config = _config(tmp_path / "sparse.yaml", variants=variants, budgets={"max_bytes": 200_000, "prefer": "bytes"})
    # A registry of its own: other tests count the versions of the shared one.
    registry = tmp_path / "registry"
    config.write_text(config.read_text() + yaml.safe_dump({"push": {"registry": str(registry)}}))
    done = run(config, digits.root.path)
    assert done.exit_code == 0, done.output
    assert done.states()["Trainer"] == "cached"
    found = {variant["name"]: variant for variant in done.record()["variants"]}
    assert list(found) == ["float32", "partly", "narrow", "sparse", "sparse_int8"]
    dense = found["float32"]
    # The biases, which stay, are a hundredth or so of the weights.
    for name in ("sparse", "sparse_int8"):
        assert found[name]["nonzero_weights"] / found[name]["weights"] == pytest.approx(0.2, abs=0.02)
    assert found["sparse"]["bytes"] == pytest.approx(dense["bytes"], rel=0.001)
    # Zeros alone would come to 2.8 and 7 times.
    assert dense["gzip_bytes"] / found["sparse"]["gzip_bytes"] >= 4
    assert dense["gzip_bytes"] / found["sparse_int8"]["gzip_bytes"] >= 8
    # Half the channels are a quarter of the weights between them.
    assert found["narrow"]["weights"] <= 0.3 * dense["weights"]
    zeros = {each["layer"]: each["sparsity"] for each in found["sparse_int8"]["layer_sparsity"]}
    assert zeros["logits"] < 0.05
    assert max(zeros.values()) > 0.75
    errors = [each["error"] for each in found["partly"]["layer_errors"]]
    assert errors == sorted(errors, reverse=True)
    assert {"logits", "pooled"} <= {each["layer"] for each in found["partly"]["layer_errors"]}
    assert not found["partly"]["retrained"]
    assert found["sparse_int8"]["batch_latency_p50_ms"] <= found["sparse_int8"]["batch_latency_p99_ms"]
    assert found["narrow"]["latency_p50_ms"] < dense["latency_p50_ms"]
    assert done.record()["choice"]["variant"] == "narrow"
    bundle = registry / "digits" / "1" / "tflite"
    metadata = json.loads((bundle / "metadata.json").read_text())
    assert metadata["chosen"] == "narrow"
    assert {"CONV_2D", "FULLY_CONNECTED"} <= set(metadata["variants"][0]["ops"])
    assert not metadata["variants"][0]["needs_flex"]
    model = TFLiteModel(bundle / "sparse_int8.tflite")
    assert model.delegated
    packed = unpack_files((bundle / "sparse_int8.tflite").read_bytes())
    assert packed["labels.txt"].split() == metadata["labels"]
    described = json.loads(packed["model.json"])
    assert described["input"] == metadata["input"]
    assert described["inputs"]["image"]["scale"] == model.inputs["image"].scale
    assert described["provenance"]["retrained"]


def test_quantization_aware_sparse_and_distilled_variants_are_trained_converted_and_judged(digits: Ran, tmp_path):
    aware = {"precision": "int8", "quantize_aware": {"epochs": 1}}
    few_values = {"precision": "int8", "quantize_aware": {"epochs": 1, "weight_bits": 4}}
    student = {"student": {"options.model.widths": [8, 16, 32]}}
    variants = [
        "float32",
        {"name": "aware", "distil": {}, **aware},
        {"name": "sparse", **PRUNED},
        {"name": "sparse_aware", **PRUNED, **few_values},
        {"name": "student", "distil": student, "epochs": 10, "learning_rate": 0.004},
    ]
    config = _config(tmp_path / "aware.yaml", variants=variants)
    registry = tmp_path / "registry"
    config.write_text(config.read_text() + yaml.safe_dump({"push": {"registry": str(registry)}}))
    done = run(config, digits.root.path)
    assert done.exit_code == 0, done.output
    found = {variant["name"]: variant for variant in done.record()["variants"]}
    for name in ("aware", "sparse_aware"):
        assert found[name]["delegated"]
        # The file computes what training saw, but for values between two steps.
        assert found[name]["difference"] < 0.03
    assert found["sparse_aware"]["nonzero_weights"] / found["sparse_aware"]["weights"] == pytest.approx(0.2, abs=0.03)
    assert found["float32"]["gzip_bytes"] / found["sparse_aware"]["gzip_bytes"] >= 8
    assert found["student"]["weights"] < 0.5 * found["float32"]["weights"]


def test_a_student_that_cannot_be_made_is_refused_before_anything_runs(digits: Ran, tmp_path):
    recipe = {"name": "student", "distil": {"student": {"options.model.width": 8}}}
    wrong = run(_config(tmp_path / "student.yaml", variants=["float32", recipe]), digits.root.path)
    assert wrong.exit_code == 2, wrong.output
    assert "student, distil.student: options.model.width: no such key" in wrong.output


def test_a_pattern_that_fits_no_layer_is_told_and_nothing_is_pushed(digits: Ran, tmp_path):
    recipe = {"name": "sparse", "prune": {"sparsity": 0.5, "exclude": ["head*"]}}
    before = digits.versions()
    wrong = run(_config(tmp_path / "wrong.yaml", variants=["float32", recipe]), digits.root.path)
    assert wrong.exit_code == 2, wrong.output
    assert "A pattern of prune.exclude must fit the path of a layer with a kernel" in wrong.output
    assert "Received: 'head*'" in wrong.output
    assert digits.versions() == before


def test_sensitive_layers_of_a_pushed_version_are_found(digits: Ran):
    tried = slipway("sensitivity", DIGITS, "--root", digits.root.path, "--version", "1", "--layer", "logits")
    assert tried.returncode == 0, tried.stdout
    folder = digits.root.path / "sensitivity"
    results = json.loads((folder / "results.json").read_text())
    drops = {each["change"]: each["drop"] for each in results["drops"]}
    # Nine of ten weights of the last layer gone are worse than half of them, and 8 bits cost next to nothing.
    assert drops["90 % zero"] > max(drops["50 % zero"], 0.05)
    assert abs(drops["8 bits"]) <= 0.02
    assert results["exclude"]["90 % zero"] == ["logits"]
    assert (folder / "report.html").stat().st_size > 1e6
