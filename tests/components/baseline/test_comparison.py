"""Whether a new model is compared with production, or why not."""

import json
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2
from tfx.types import standard_artifacts

from components.baseline.executor import copy_production, has_model
from components.baseline.findings import comparison_findings
from components.gates import GateRefused, refuse_if_failed
from records.findings import Finding
from records.model_run import write_model_facts
from serving.registry import Registry
from tasks.loading import TaskSpec
from tests.components.model_facts import model_facts

LETTERS = [chr(code) for code in range(ord("a"), ord("z") + 1)]


def images(*classes: str, size: int = 8) -> TaskSpec:
    source = {"kind": "tfrecord", "directory": "/nowhere", "classes": classes}
    options = {"source": source, "height": size, "width": size, "channels": 3}
    return TaskSpec(task="tasks.image_classification.ImageClassification", options=options)


def forecasts(**changes: Any) -> TaskSpec:
    options = {"source": {"kind": "co2"}, "lookback": 52, "horizon": 26, "season": 26, "model": {"kind": "nlinear"}}
    return TaskSpec(task="tasks.forecasting.Forecasting", options={**options, "channels": ["co2"], **changes})


def episodes(*, shots: int, size: int) -> TaskSpec:
    options = {"source": {"kind": "digits"}, "ways": [2], "shots": [shots], "learner": {"kind": "prototypes"}}
    return TaskSpec(
        task="tasks.few_shot.classification.FewShotClassification",
        options={**options, "height": size, "width": size},
    )


def write_saved_model(folder: Path, spec: TaskSpec) -> Path:
    """The signatures alone of what Trainer exports, from the shapes that the task's own model has."""
    task = spec.load()
    model = task.model()
    batch = {tensor.name: tf.zeros([1, *tensor.shape[1:]], tensor.dtype) for tensor in model.inputs}
    outputs = task.predictions(model(batch))
    proto = saved_model_pb2.SavedModel()
    signatures = proto.meta_graphs.add().signature_def
    for name, inputs in (("predict", batch), ("serving_default", {"examples": tf.constant([""])})):
        for tensors, infos in ((inputs, signatures[name].inputs), (outputs, signatures[name].outputs)):
            for key, tensor in tensors.items():
                infos[key].dtype = tensor.dtype.as_datatype_enum
                for size in (-1, *tensor.shape[1:]):
                    infos[key].tensor_shape.dim.add(size=size)
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(proto.SerializeToString())
    return folder


def push(folder: Path, spec: TaskSpec, *, has_bundle: bool = True) -> None:
    """As Pusher does, and did before there was a comparison."""
    task = spec.load()
    metadata = folder / "metadata.json"
    metadata.write_text(json.dumps({**task.serving_metadata(), "labels": list(task.labels()), "chosen": "int8"}))
    Registry(folder / "registry").push(
        "model",
        push_key="1",
        saved_model=write_saved_model(folder / "pushed", spec),
        bundle={"metadata.json": metadata} if has_bundle else {},
        stage="production",
    )


def baseline_of(folder: Path, spec: TaskSpec) -> standard_artifacts.Model:
    model, model_run = standard_artifacts.Model(), standard_artifacts.ModelRun()
    baseline = standard_artifacts.Model()
    for name, artifact in {"model": model, "model_run": model_run, "baseline": baseline}.items():
        artifact.uri = str(folder / "artifacts" / name)
    write_saved_model(folder / "artifacts" / "model" / "Format-Serving", spec)
    write_model_facts(model_run.uri, model_facts())
    copy_production(
        model=model,
        model_run=model_run,
        task_spec=spec.model_dump_json(),
        registry=str(folder / "registry"),
        model_name="model",
        baseline=baseline,
    )
    return baseline


def reason(baseline: standard_artifacts.Model) -> str:
    return baseline.get_string_custom_property("incomparable")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (images("cat", "dog"), images("cat", "dog")),
        # Raw images are resized by each model itself.
        (images("cat", "dog"), images("cat", "dog", size=16)),
        (forecasts(), forecasts(model={"kind": "dlinear"})),
        (episodes(shots=1, size=16), episodes(shots=1, size=32)),
    ],
    ids=["same", "larger images", "another network", "larger images of episodes"],
)
def test_models_of_the_same_classes_and_outputs_are_compared(old, new, tmp_path):
    push(tmp_path, old)
    baseline = baseline_of(tmp_path, new)
    assert has_model(baseline)
    assert reason(baseline) == ""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            images("cat", "dog", "horse"),
            images("bird", "cat", "dog", "horse"),
            "classes cat, dog, horse → bird, cat, dog, horse",
        ),
        (images("cat", "dog"), images("cat", "fox"), "classes cat, dog → cat, fox"),
        (
            images(*LETTERS),
            images(*LETTERS[1:], "ö"),
            "classes 26 → 26 (new: ö; gone: a)",
        ),
        (images(*LETTERS), images(*reversed(LETTERS)), "classes 26 → 26 (in another order)"),
        (
            forecasts(),
            forecasts(lookback=104),
            "input history float32 [batch, 52, 1] → float32 [batch, 104, 1]",
        ),
        (
            forecasts(),
            forecasts(horizon=13),
            "output quantiles float32 [batch, 26, 1, 1] → float32 [batch, 13, 1, 1]",
        ),
        (forecasts(), forecasts(channels=["ppm"]), "channels co2 → ppm"),
        (
            forecasts(quantiles=[0.1, 0.5, 0.9]),
            forecasts(quantiles=[0.2, 0.5, 0.8]),
            "quantiles 0.1, 0.5, 0.9 → 0.2, 0.5, 0.8",
        ),
        (
            episodes(shots=1, size=16),
            episodes(shots=2, size=16),
            "input support_weight float32 [batch, 2] → float32 [batch, 4]",
        ),
    ],
)
def test_what_differs_is_named_and_nothing_is_compared(old, new, expected, tmp_path):
    push(tmp_path, old)
    baseline = baseline_of(tmp_path, new)
    assert not has_model(baseline)
    assert reason(baseline) == expected


@pytest.mark.parametrize(("classes", "is_compared"), [(["cat", "fox"], True), (["cat", "dog", "fox"], False)])
def test_a_version_without_a_bundle_is_judged_by_its_signatures(classes, is_compared, tmp_path):
    push(tmp_path, images("cat", "dog"), has_bundle=False)
    assert has_model(baseline_of(tmp_path, images(*classes))) == is_compared


def test_an_empty_registry_gives_no_baseline_and_no_finding(tmp_path):
    baseline = baseline_of(tmp_path, images("cat", "dog"))
    assert not has_model(baseline)
    assert comparison_findings(baseline, gate="evaluation", on_incomparable="refuse") == []


def incomparable(on_incomparable: str) -> Finding:
    baseline = standard_artifacts.Model()
    baseline.set_int_custom_property("registry_version", 3)
    baseline.set_string_custom_property("incomparable", "classes cat, dog → cat, fox")
    [finding] = comparison_findings(baseline, gate="evaluation", on_incomparable=on_incomparable)
    return finding


def test_by_default_what_cannot_be_compared_is_refused_with_the_difference_and_the_switch():
    with pytest.raises(GateRefused) as refusal:
        refuse_if_failed([incomparable("refuse")])
    told = str(refusal.value)
    assert "comparable with production (version 3) must be yes. Received: no: classes cat, dog → cat, fox." in told
    assert "set evaluate.incomparable_baseline to ignore" in told
    assert "Train a better model" not in told


def test_where_the_config_says_so_it_is_told_and_stops_nothing():
    finding = incomparable("ignore")
    refuse_if_failed([finding])
    assert (finding.passed, finding.applies) == (True, False)


def test_a_baseline_of_an_earlier_release_has_no_finding():
    baseline = standard_artifacts.Model()
    baseline.set_int_custom_property("registry_version", 3)
    assert comparison_findings(baseline, gate="evaluation", on_incomparable="refuse") == []
