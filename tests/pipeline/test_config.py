import shutil
import subprocess
import sys
from operator import attrgetter
from pathlib import Path

import pytest
import yaml

from pipeline.config import load_config, load_task
from pipeline.errors import ConfigError, UsageError

DIGITS = Path(__file__).resolve().parents[2] / "pipeline" / "configs" / "digits.yaml"
STARTER = DIGITS.parents[1] / "templates" / "images"
BUCKET_TASK = """
from pydantic import BaseModel
from tasks.base import TaskOptions
from tasks.image_classification import ImageClassification

class Source(BaseModel):
    directory: str

    def class_names(self):
        return ("cat", "dog")

class Options(TaskOptions):
    source: Source

class Bucket(ImageClassification):
    Options = Options
"""


@pytest.fixture
def write(tmp_path):
    """Writes the digits config with one value replaced, by its dotted key."""

    def write(key: str, value: object) -> Path:
        config = yaml.safe_load(DIGITS.read_text())
        *parents, last = key.split(".")
        section = config
        for parent in parents:
            section = section.setdefault(parent, {})
        section[last] = value
        path = tmp_path / "pipeline.yaml"
        path.write_text(yaml.safe_dump(config))
        return path

    return write


@pytest.mark.parametrize("path", sorted(DIGITS.parent.glob("*.yaml")), ids=lambda path: path.name)
def test_shipped_configs_are_right(path):
    load_config(path)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("epochs", 3, r"epochs: no such key\. Received: 3\. Did you mean train\.epochs or tune\.epochs\?"),
        ("train.epoch", 3, r"train\.epoch: no such key\. Received: 3\. Did you mean train\.epochs\?"),
        (
            "train.zzz",
            3,
            r"train\.zzz: no such key; `slipway config explain train` lists .*\. Received: 3",
        ),
        (
            "options.model.width",
            8,
            r"width: no such key of this kind, but of .*efficientnet\. .* Did you mean options\.model\.widths\?",
        ),
        ("options.dropout", 0.5, r"options\.dropout: no such key\. .* Did you mean options\.model\.dropout\?"),
        ("options.source.directory", "x", r"directory: no such key of this kind, but of image_folder, idx, tfrecord"),
        (
            "train.schedule.kind",
            "cosin",
            r"kind: must be one of constant, .*\. Received: 'cosin'\. Did you mean cosine\?",
        ),
        ("train.epochs", "many", r"train\.epochs: .*integer.* Received: 'many'"),
        ("train.epochs", 0, r"train\.epochs: .*greater than or equal to 1. Received: 0"),
        (
            "train.schedule.warmup_epochs",
            40,
            r"warmup_epochs must be fewer than epochs. Received: warmup_epochs=40.0, epochs=40",
        ),
        ("options.height", 1, r"options\.height: .* Received: 1"),
        ("options.channels", 2, r"channels must be 1 or 3. Received: 2"),
        ("options.model.widths", [8, 8, 8, 8, 8], r"must have 16x16 pixels or more. Received: 8x8"),
        ("options.source.kind", "csv", r"options\.source\.kind: .*Received: 'csv'\. Did you mean image_csv\?"),
        ("options.source", {}, r"options\.source\.kind: this key is required, one of digits, "),
        # Of alternatives that no `kind` tells apart, what comes nearest is spoken of, without pydantic's name for it.
        (
            "compress.variants",
            ["float32", "int88"],
            r"variants\.1: must be one of .*\. Received: 'int88'\. Did you mean int8",
        ),
        (
            "compress.variants",
            ["float32", {"name": "small", "prune": {"sparsty": 0.5}}],
            r"yaml: compress\.variants\.1\.prune\.sparsty: no such key\. .* Did you mean .*\.prune\.sparsity\?$",
        ),
        (
            "options.contrast",
            {"weight": "lerned"},
            r"weight: .*valid number.*, or .*'learned'\. .* Did you mean learned\?",
        ),
        ("options.source.splits", {"train": 0.9, "eval": 0.2, "test": 0.1}, r"must add up to 1. Received: 1.2"),
        ("evaluate.gates", {}, r"evaluate\.gates: .*at least 1"),
        ("evaluate.gates", {"accuracy": {}}, r"needs one limit at least"),
        ("evaluate.gates", {"acuracy": {"min": 0.5}}, r"Received: 'acuracy'\. Did you mean accuracy\?"),
        ("evaluate.gates", {"f1": {"min": 0.5}}, r"evaluate.gates must name metrics .* Received: 'f1'"),
        ("compress.gates", {"f1": {"min": 0.5}}, r"compress.gates must name metrics .* Received: 'f1'"),
        ("evaluate.slices", [], r"evaluate.gates.accuracy can have limits per slice .* Received: no slices"),
        (
            "evaluate.slices",
            ["labl"],
            r"evaluate.slices must name raw features of .*: image, label. Received: labl. Did you mean label",
        ),
        (
            "evaluate.slices",
            [["label", {"feature": "imge", "boundaries": [1]}]],
            r"evaluate.slices must name raw features of .* Received: imge. Did you mean image",
        ),
        (
            "evaluate.slices",
            [{"feature": "label", "boundaries": [1]}],
            r"evaluate.slices can be by intervals of numeric features .*: it has none. Received: label",
        ),
        ("evaluate.slices", [{"feature": "label", "boundaries": [2, 1]}], r"boundaries must increase. .*\[2.0, 1.0\]"),
        ("evaluate.fairness", {"by": ["sex"]}, r"evaluate.fairness.by must name raw features of .* Received: sex"),
        (
            "evaluate.fairness",
            {"by": ["label"]},
            r"evaluate.fairness can be of tasks with two classes. Received: ImageClassification with 10",
        ),
        ("evaluate.gates", {"accuracy": {"min": 0, "significance": 0.05}}, r"needs max_worsening.* significance: 0.05"),
        (
            "data_gate.skew",
            {"logs": "/logs", "features": {"label": 0.05}},
            r"data_gate.skew.features must name features of .* that clients send: image. Received: label",
        ),
        ("data_gate.skew", {}, r"data_gate.skew.logs: this key is required"),
        ("data_gate.max_mean", {"labl": 1}, r"data_gate.max_mean must name numeric features .*: it has none. .* labl"),
        # To TFDV, categories have no mean.
        ("data_gate.max_mean", {"label": 1}, r"data_gate.max_mean must name numeric features .* Received: label"),
        (
            "data_gate.drift",
            {"features": {"labl": 0.05}},
            r"data_gate.drift.features must name raw features of .*: image, label. Received: labl. Did you mean label",
        ),
        ("data_gate.drift", {"max_distance": 2}, r"drift.max_distance: .*less than or equal to 1. Received: 2"),
        ("data_gate.min_examples", {"tset": 1}, r"min_examples\.tset: must be one of train, .* Did you mean test\?"),
        ("data_gate.min_examples", {"test": -1}, r"min_examples.test: .*greater than or equal to 0. Received: -1"),
        ("evaluate.gates", {"accuracy": {"min": 0.9, "max": 0.1}}, r"min must not be above max. Received: 0.9 and 0.1"),
        ("compress.variants", ["float32"], r"a variant beside float32.* Received: .* max_worsening of accuracy"),
        ("compress.required", ["int4"], r"required must name variants: float32, .*\. Received: int4\."),
        ("compress.variants", ["int8"], r"variants must hold float32.* Received: \['int8'\]"),
        ("compress.variants", ["float32", "int8", "int8"], r"each variant once"),
        (
            "compress.variants",
            ["float32", {"name": "student", "distil": {"student": {"options.height": 16}}}],
            r"student: distil.student must leave .* \{'height': 8\}. Received: \{'height': 16\}",
        ),
        ("name", "My Model", r"name: .* Received: 'My Model'"),
        ("task", "tasks.nothing.Here", r"task must be the dotted path of a class. Received: 'tasks.nothing.Here'"),
        ("task", "tasks.image_clasification.Image", r"Did you mean tasks\.image_classification\.ImageClassification\?"),
        ("task", "tasks.forecasting.Forcasting", r"Did you mean tasks\.forecasting\.Forecasting\?"),
        ("options.loss.label_weights", [1, 2], r"label_weights must hold one weight for each of the 10 .* Received: 2"),
        ("push.registry", "ftp://models", r"push.registry: .*must be one of gs://BUCKET.* Received: ftp://models"),
        (
            "kubeflow.nodes",
            {"Trianer": {"cpu": "8"}},
            r"kubeflow.nodes must name nodes: .* Received: Trianer. Did you mean Trainer",
        ),
        ("kubeflow.nodes", {"Tuner": {"cpu": "8"}}, r"kubeflow.nodes must name nodes: .* Received: Tuner"),
        ("kubeflow.default.pool", "tpu", r"default: pool must be one of node_pools \(gpu\). Received: 'tpu'"),
        ("kubeflow.default.pool", "gpus", r"Received: 'gpus'. Did you mean gpu\?"),
        ("options.source", {"kind": "idx", "dataset": "fashion-mnist"}, r"dataset: .* Did you mean fashion_mnist\?"),
    ],
)
def test_mistakes_are_named(write, key, value, message):
    with pytest.raises(ValueError, match=message) as mistake:
        load_config(write(key, value))
    assert mistake.value.exit_code == 2


def test_all_mistakes_are_named_at_once(write):
    path = write("seed", -1)
    path.write_text(path.read_text().replace("batch_size", "batchsize"))
    with pytest.raises(ConfigError, match=r"(?s)batchsize: .*\(2 mistakes\)"):
        load_config(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [("a: [", "which is not"), ("- 1", "which holds list"), ("", "which holds NoneType")],
)
def test_what_is_no_mapping_is_refused(tmp_path, content, message):
    path = tmp_path / "pipeline.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=message):
        load_config(path)


def test_a_file_that_may_be_meant_is_named(tmp_path):
    (tmp_path / "pipeline.yaml").touch()
    with pytest.raises(ConfigError, match=rf"Did you mean {tmp_path}/pipeline\.yaml\?"):
        load_config(tmp_path / "pipelin.yml")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"Received: .*none\.yaml \(No such file"):
        load_config(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("key", "values", "message"),
    [
        (
            "train.epoch",
            {"kind": "choice", "values": [1, 2]},
            r"tune\.space, train\.epoch=1: train\.epoch: no such key\. .* Did you mean train\.epochs",
        ),
        ("trian.epochs", {"kind": "choice", "values": [1, 2]}, r"Received: 'trian\.epochs'\. Did you mean train\?"),
        (
            "options.model.dropout",
            {"kind": "float", "min": 0.0, "max": 1.5},
            r"tune\.space, options\.model\.dropout=1\.5: .*less than 1\. Received: 1\.5",
        ),
        ("train.patience", {"kind": "int", "min": 0, "max": 3}, r"train\.patience=0: .*greater than or equal to 1"),
    ],
)
def test_a_hyperparameter_that_could_become_wrong_is_refused(write, key, values, message):
    with pytest.raises(ConfigError, match=message):
        load_config(write("tune", {"space": {key: values}}))


def test_numeric_features_have_means(tmp_path):
    path = tmp_path / "pipeline.yaml"
    co2 = yaml.safe_load((DIGITS.parent / "co2.yaml").read_text())
    path.write_text(yaml.safe_dump({**co2, "data_gate": {"max_mean": {"missing": 0.1, "month": 12, "series": 1}}}))
    with pytest.raises(ConfigError, match=r"data_gate.max_mean must .*missing.* Received: series\."):
        load_config(path)


def test_nodes_that_the_config_asks_for_get_resources(write):
    tune = {"space": {"train.epochs": {"kind": "int", "min": 3, "max": 4}}}
    path = write("tune", tune)
    path.write_text(path.read_text().replace("    Trainer:", "    Tuner: {cpu: '8'}\n    Trainer:"))
    assert load_config(path).kubeflow.nodes["Tuner"].cpu == "8"


def test_no_tensorflow_is_imported_to_check_a_config():
    script = (
        "import sys; from pathlib import Path; from pipeline.config import load_config\n"
        f"load_config(Path({str(DIGITS)!r}))\n"
        "print(*(name for name in ('tensorflow', 'tfx', 'keras', 'apache_beam', 'kubernetes') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def test_a_config_does_not_change(write):
    config = load_config(write("seed", 1))
    with pytest.raises(ValueError, match="frozen"):
        config.seed = 2


def test_a_relative_directory_starts_at_the_config(write, tmp_path):
    path = write("options.source", {"kind": "image_folder", "directory": "images"})
    assert load_config(path).options["source"]["directory"] == str(tmp_path / "images")


def test_an_address_is_no_path_to_start_at_the_config(write, tmp_path):
    """A source of the user's own may read it, whatever its scheme."""
    (tmp_path / "bucket_task.py").write_text(BUCKET_TASK)
    path = write("options", {"source": {"directory": "gs://bucket/images"}})
    path.write_text(path.read_text().replace("tasks.image_classification.ImageClassification", "bucket_task.Bucket"))
    config = load_config(path)
    assert config.options["source"]["directory"] == "gs://bucket/images"
    assert load_task(config).options.source.directory == "gs://bucket/images"


@pytest.mark.parametrize(
    ("predict", "message"),
    [
        ({"splits": ["tset"]}, r"predict\.splits\.0: .*Received: 'tset'"),
        (
            {"variant": "int9"},
            r"predict\.variant must be one of compress\.variants: .*Received: int9\. Did you mean int8",
        ),
        ({"options": {"sorce": 1}}, r"predict\.options: .*sorce: no such key"),
    ],
)
def test_what_to_predict_for_is_checked(write, predict, message):
    with pytest.raises(ConfigError, match=message):
        load_config(write("predict", predict))


def test_examples_to_predict_for_may_lie_elsewhere(write, tmp_path):
    path = write("predict", {"options": {"source": {"kind": "image_folder", "directory": "new"}}, "variant": "chosen"})
    config = load_config(path)
    assert config.predict_task().options.source.directory == tmp_path / "new"
    assert load_task(config).options.source.kind == "digits"


@pytest.fixture
def table(tmp_path):
    """A config of a table in several files, and rows without labels to predict for."""
    for name, rows in {
        "one": "a,b,grade\n1,x,good\n2,x,bad\n",
        "two": "a,b,grade\n3,,bad\n",
        "new": "a,b\n4,y\n",
    }.items():
        (tmp_path / f"{name}.csv").write_text(rows)
    config = yaml.safe_load((DIGITS.parent / "wine.yaml").read_text())
    source = {"kind": "csv", "files": {"train": ["one.csv", "two.csv"]}}
    config["options"] = {"source": source, "label": {"column": "grade", "kind": "multi_class"}}
    config["predict"] = {"options": {"source": {"kind": "csv", "file": "new.csv"}}}
    path = tmp_path / "pipeline.yaml"
    path.write_text(yaml.safe_dump(config))
    return load_config(path)


def test_many_paths_start_at_the_config_too(table, tmp_path):
    assert load_task(table).options.source.files == {"train": (tmp_path / "one.csv", tmp_path / "two.csv")}


def test_columns_are_those_of_the_config_s_own_table_where_others_are_predicted_for(table, tmp_path):
    predicted, trained = table.predict_spec().load(), table.task_spec().load()
    assert predicted.options.source.file == tmp_path / "new.csv"
    assert (predicted.label, predicted.columns) == (trained.label, trained.columns)
    assert trained.columns.categorical["b"].may_be_missing
    [[_, example]] = [pair for part in predicted.source().shards("train") for pair in predicted.source().examples(part)]
    assert set(example.features.feature) == {"a", "b"}


@pytest.mark.parametrize(
    "source",
    [
        {"kind": "image_folder", "directory": "gs://bucket/images", "classes": ["a", "b"]},
        {"kind": "image_csv", "file": "gs://bucket/images.csv", "classes": ["a", "b"]},
        {"kind": "idx", "directory": "gs://bucket/images", "classes": ["a", "b"]},
        {"kind": "tfrecord", "directory": "gs://bucket/images", "classes": ["a", "b"]},
    ],
)
def test_a_shipped_source_keeps_an_address(write, source):
    config = load_config(write("options.source", source))
    [key] = {"directory", "file"} & source.keys()
    assert str(getattr(load_task(config).options.source, key)) == source[key]
    # As the steps get it.
    assert config.task_spec().options["source"][key] == source[key]


@pytest.mark.parametrize("address", ["hdfs://host/images", "file:///images"])
def test_a_shipped_source_refuses_an_address_that_nothing_reads(write, address):
    source = {"kind": "image_folder", "directory": address, "classes": ["a", "b"]}
    with pytest.raises(ConfigError, match=rf"options\.source\S*directory: .*gs://BUCKET.* Received: {address}\."):
        load_config(write("options.source", source))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("artifacts", "s3://bucket/a"),
        ("start", {"weights": "s3://bucket/trained.keras"}),
        ("options.source", {"kind": "tfrecord", "directory": "s3://bucket/images", "classes": ["a", "b"]}),
    ],
)
def test_what_tensorflow_reads_itself_is_refused_at_s3(write, key, value):
    message = rf"{key}\S*: .*TensorFlow reads and writes this itself, and has no file system for s3://\. Received: s3://bucket"
    with pytest.raises(ConfigError, match=message):
        load_config(write(key, value))


@pytest.mark.parametrize(("key", "value"), [("artifacts", "gs://bucket/a"), ("push.registry", "gs://bucket/registry")])
def test_an_address_stays_as_it_is_written(write, key, value):
    config = load_config(write(key, value))
    assert attrgetter(key)(config) == value


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("artifacts", "output/artifacts"),
        ("artifacts", "hdfs://host/a"),
        ("push.registry", "az://bucket/registry"),
        ("start.weights", "http://host/trained.keras"),
    ],
)
def test_a_place_that_nothing_reads_or_writes_is_refused_by_its_key(write, key, value):
    with pytest.raises(ConfigError, match=rf"{key}: .*must be one of gs://BUCKET/… and s3://BUCKET/….* Received: "):
        load_config(write(key, value))


def test_a_task_beside_the_config_is_found(tmp_path):
    for name in ("pipeline.yaml", "my_task.py"):
        shutil.copy(STARTER / name, tmp_path)
    for folder in ("cat", "dog"):
        (tmp_path / "images" / folder).mkdir(parents=True)
    config = load_config(tmp_path / "pipeline.yaml")
    # The steps get the classes by name: they may run where the folders are not.
    assert config.task_spec().options["source"]["classes"] == ["cat", "dog"]


@pytest.mark.parametrize("name", ["my_model", "my-model", "m", "a_1-b"])
def test_names_may_have_dashes_and_underscores(write, name):
    assert load_config(write("name", name)).name == name


def test_one_epoch_is_enough_where_no_warmup_is_named(write):
    path = write("train", {"epochs": 1})
    assert load_config(path).train.epochs == 1


def test_usage_errors_end_with_two():
    assert ConfigError.exit_code == UsageError.exit_code == 2
