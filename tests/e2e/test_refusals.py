"""What stops a run: gates, bad data, broken machines. Nothing is ever half-pushed."""

import math
import shutil
import subprocess
from pathlib import Path

import pytest
import tensorflow as tf
import yaml

import slipway
from components.evaluator.metrics import overall_metrics
from data.images.digits import Digits
from data.source import SPLITS
from tests.e2e.commands import DIGITS, PROJECT, SLIPWAY, Ran, run, write_config

pytestmark = pytest.mark.e2e
FAULTY_TASK = """
from tasks.image_classification import ImageClassification


class Faulty(ImageClassification):
    def example_defect(self, example):
        return str(1 / 0)
"""


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """The digits as TFRecord files of another system, one folder a split."""
    folder = tmp_path_factory.mktemp("records")
    source = Digits(kind="digits")
    for split in SPLITS:
        (folder / split).mkdir()
        with tf.io.TFRecordWriter(str(folder / split / "part-0")) as writer:
            for _, example in source.examples(split):
                writer.write(example.SerializeToString())
    return folder


def _options(directory, kind: str = "tfrecord") -> dict:
    source = {"kind": kind, "directory": str(directory)}
    if kind == "tfrecord":
        source["classes"] = [str(digit) for digit in range(10)]
    return {"source": source, "height": 8, "width": 8, "model": {"widths": [8], "blocks_per_stage": 1}}


def test_a_threshold_that_no_model_reaches(digits: Ran, tmp_path):
    impossible = yaml.safe_load(DIGITS.read_text())
    impossible["evaluate"]["gates"] = {"accuracy": {"min": 1.01}}
    config = tmp_path / "impossible.yaml"
    config.write_text(yaml.safe_dump(impossible))
    before = digits.versions()
    refused = run(config, digits.root.path)
    assert refused.exit_code == 3
    assert "the evaluation gate" in refused.output
    assert "accuracy must be >= 1.01. Received: 0.9" in refused.output
    assert "Nothing was pushed." in refused.output
    assert refused.record()["state"] == "refused"
    states = refused.states()
    assert (states["Evaluator"], states["Compressor"], states["Pusher"]) == ("refused", "skipped", "skipped")
    assert "- skipped: Compressor, EdgeEvaluator, ServingCheck, Pusher" in refused.output
    # From the cache, and from Python.
    with pytest.raises(slipway.GateRefused, match=r"accuracy must be >= 1\.01\. Received: 0\.9") as refusal:
        slipway.run(config, root=digits.root.path)
    assert [finding.limit for finding in refusal.value.findings if not finding.passed] == [">= 1.01"]
    assert refusal.value.run.state == "refused"
    assert refusal.value.run.metrics["test_accuracy"] < 1.01
    assert digits.versions() == before


def test_a_model_that_is_worse_than_production(digits: Ran, tmp_path):
    """Three epochs give a model that is far worse than the pushed one, but good enough for a limit of its own."""
    limits = {"min": 0.05, "max_worsening": {"relative": 0.02}, "significance": 0.05}
    gates = {"gates": {"accuracy": limits}, "slices": []}
    before = digits.versions()
    refused = run(write_config(tmp_path / "worse.yaml", evaluate=gates), digits.root.path)
    assert refused.exit_code == 3
    assert "accuracy against the baseline must be >= -0.0" in refused.output
    [finding] = [gate for gate in refused.record()["gates"] if gate["metric"] == "accuracy against the baseline"]
    assert finding["limit"].endswith("or be by chance (p >= 0.05, McNemar's exact test)")
    assert finding["p_value"] < 0.001
    assert "accuracy must be" not in refused.output
    assert digits.versions() == before


def test_a_budget_that_no_variant_meets(digits: Ran, tmp_path):
    poor = yaml.safe_load(DIGITS.read_text())
    poor["compress"]["budgets"] = {"max_bytes": 1000}
    config = tmp_path / "poor.yaml"
    config.write_text(yaml.safe_dump(poor))
    before = digits.versions()
    refused = run(config, digits.root.path)
    assert refused.exit_code == 3
    assert "bytes (int8) must be <= 1000 (over by" in refused.output
    assert "loosen compress.gates or compress.budgets" in refused.output
    assert refused.record()["choice"]["variant"] is None
    assert digits.versions() == before


def test_a_variant_that_loses_too_much(digits: Ran, tmp_path):
    strict = yaml.safe_load(DIGITS.read_text())
    strict["compress"]["gates"] = {"accuracy": {"min": 1.01}}
    config = tmp_path / "strict.yaml"
    config.write_text(yaml.safe_dump(strict))
    before = digits.versions()
    refused = run(config, digits.root.path)
    assert refused.exit_code == 3
    assert "the compression gate" in refused.output
    assert f"accuracy ({refused.record()['choice']['variant']}) must be >= 1.01" in refused.output
    assert refused.states()["EdgeEvaluator"] == "refused"
    assert digits.versions() == before


def test_a_variant_that_misses_a_limit_is_left_out_where_another_is_chosen(digits: Ran, tmp_path):
    """A limit between the figures that the files are known to have: the chosen one keeps it, one at least does not."""
    chosen = digits.record()["choice"]["variant"]
    evaluation = max(digits.root.path.glob("artifacts/EdgeEvaluator/evaluation/*"), key=lambda path: int(path.name))
    losses = {name: metrics["cross_entropy"] for name, metrics in overall_metrics(str(evaluation)).items()}
    worst = max(losses, key=losses.get)
    limit = {"max": losses[worst] - 1e-9} if worst != chosen else {"min": min(losses.values()) + 1e-9}
    lax = yaml.safe_load(DIGITS.read_text())
    lax["compress"]["gates"] = {"cross_entropy": limit}
    lax["push"] = {"stage": "candidate"}
    (tmp_path / "lax.yaml").write_text(yaml.safe_dump(lax))
    done = run(tmp_path / "lax.yaml", digits.root.path)
    assert done.exit_code == 0, done.output
    left_out = {variant["name"] for variant in done.record()["variants"] if variant["left_out"]}
    low, high = limit.get("min", 0), limit.get("max", math.inf)
    assert left_out == {name for name, loss in losses.items() if not low <= loss <= high}
    for name in left_out:
        assert f"left out       cross_entropy ({name}) must be" in done.output
        assert f"│ ({name})" in done.output
    bundle = {path.stem for path in (Path(done.record()["pushes"][0]["destination"]) / "tflite").glob("*.tflite")}
    assert bundle == set(losses) - left_out
    assert chosen in bundle


def test_a_class_that_is_missing(records, tmp_path):
    folder = shutil.copytree(records, tmp_path / "records")
    for split in SPLITS:
        with tf.io.TFRecordWriter(str(folder / split / "part-0")) as writer:
            for _, example in Digits(kind="digits").examples(split):
                if example.features.feature["label"].int64_list.value[0] != 7:
                    writer.write(example.SerializeToString())
    refused = run(write_config(tmp_path / "pipeline.yaml", options=_options(folder)), tmp_path / "root")
    assert refused.exit_code == 3
    assert "the data gate" in refused.output
    assert "feature label (split train)" in refused.output
    assert "Missing: 7" in refused.output
    assert refused.states()["DataGate"] == "refused"
    assert refused.states()["Transform"] == "skipped"


def test_a_corrupt_record(records, tmp_path):
    folder = shutil.copytree(records, tmp_path / "records")
    path = folder / "train" / "part-0"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))
    failed = run(write_config(tmp_path / "pipeline.yaml", options=_options(folder)), tmp_path / "root")
    assert failed.exit_code == 1
    assert "every example of the source must be readable" in failed.output
    assert "train/part-0 record " in failed.output
    assert "Traceback" not in failed.output
    assert not failed.versions()
    # Mended, the same command goes through to the launch.
    shutil.copy(records / "train" / "part-0", path)
    mended = run(tmp_path / "pipeline.yaml", tmp_path / "root")
    assert mended.exit_code == 0, mended.output
    assert len(mended.versions()) == 1


def test_a_corrupt_image(tmp_path):
    folder = tmp_path / "images"
    for name, value in (("dark", 10), ("light", 240)):
        (folder / name).mkdir(parents=True)
        for index in range(30):
            pixels = tf.fill([8, 8, 1], tf.constant(value + index % 5, tf.uint8))
            (folder / name / f"{index}.png").write_bytes(tf.io.encode_png(pixels).numpy())
    (folder / "dark" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnot much more")
    options = _options(folder, "image_folder")
    failed = run(write_config(tmp_path / "pipeline.yaml", options=options), tmp_path / "root")
    assert failed.exit_code == 1
    assert "dark/broken.png: " in failed.output
    assert "Repair or remove them." in failed.output


def test_a_mistake_in_a_task_s_own_code_is_told_from_inside_beam(tmp_path):
    (tmp_path / "faulty_task.py").write_text(FAULTY_TASK)
    threads = {"mode": "multi_threading", "workers": 2}
    config = write_config(tmp_path / "pipeline.yaml", task="faulty_task.Faulty", beam=threads)
    failed = run(config, tmp_path / "root")
    told = "ExampleGen raised ZeroDivisionError: division by zero [while running 'Map(_write_shard)']"
    assert failed.exit_code == 1
    assert f"Run failed: {told}" in failed.output
    assert "Traceback" not in failed.output
    assert failed.record()["error"].startswith(told)


@pytest.mark.skipif(
    subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode != 0
    if shutil.which("unshare")
    else True,
    reason="a file system of its own needs user namespaces, which this machine does not allow",
)
def test_a_full_disk(config, tmp_path):
    """A file system of 240 MB that fills up while the pipeline runs."""
    script = f"""
        mount -t tmpfs -o size=240m tmpfs {tmp_path}/root || exit 99
        (while [ ! -d {tmp_path}/root/artifacts/StatisticsGen ]; do sleep 0.05; done
         head -c 1G /dev/zero > {tmp_path}/root/filler 2>/dev/null) &
        {" ".join(SLIPWAY)} run {config} --root {tmp_path}/root
        code=$?
        wait
        ls {tmp_path}/root/registry 2>/dev/null && echo PUSHED
        rm -f {tmp_path}/root/filler
        {" ".join(SLIPWAY)} run {config} --root {tmp_path}/root && echo RECOVERED
        exit $code
    """
    (tmp_path / "root").mkdir()
    done = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, cwd=PROJECT)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "is full. Nothing is half-pushed. Free some space" in done.stderr
    assert "Traceback" not in done.stderr
    assert "PUSHED" not in done.stdout
    assert "RECOVERED" in done.stdout
