from pathlib import Path

import pytest
import scipy.stats
from etils import epath
from tensorflow_metadata.proto.v0 import statistics_pb2

from inspection.comparison import (
    compared,
    config_differences,
    data_differences,
    node_differences,
    slice_differences,
    version_differences,
)
from inspection.comparison_page import comparison_values
from inspection.histograms import histogram, read_distributions
from inspection.metric_table import metric_table
from inspection.page import html
from inspection.runs import Run, read_run
from records.run import RunRecord
from tests.components.tfma_files import write_tfma_files
from tests.inspection.root_writer import RootWriter

DONE = 3
OLD, NEW = "20260101-000000-000", "20260102-000000-000"


def _pair(old: dict, new: dict):
    runs = []
    for name, values in (("old", old), ("new", new)):
        record = RunRecord.from_json({"run_id": name, "pipeline": "digits", "state": "done", **values})
        runs.append((name, Run(run_id=name, state="done", record=record, executions=[])))
    return compared(runs)


def test_only_what_differs_in_the_configs_is_told():
    old = {"config": {"root": "/a", "train": {"epochs": 3, "seed": 0}, "slices": []}}
    new = {"config": {"root": "/b", "train": {"epochs": 4, "seed": 0}, "slices": [], "push": {"stage": "canary"}}}
    rows = {row.what: row.values for row in config_differences(_pair(old, new))}
    assert rows == {"train.epochs": ("3", "4"), "push.stage": ("–", "canary")}


def test_versions_and_commits_that_differ_are_told():
    old = {"versions": {"tfx": "1.16.0", "keras": "3"}, "git_commit": "a"}
    new = {"versions": {"tfx": "1.21.0", "keras": "3"}, "git_commit": "b"}
    rows = {row.what: row.values for row in version_differences(_pair(old, new))}
    assert rows == {"tfx": ("1.16.0", "1.21.0"), "git commit": ("a", "b")}


def test_a_change_of_a_share_has_its_p_value():
    old = {"metrics": {"test_accuracy": 0.95, "test_loss": 1.0, "test_example_count": 400, "parameters": 10}}
    new = {"metrics": {"test_accuracy": 0.9, "test_loss": 0.5, "test_example_count": 400, "parameters": 8}}
    table = metric_table(_pair(old, new))
    cell = table["accuracy"][1]
    expected = scipy.stats.chi2_contingency([[380, 20], [360, 40]], correction=False).pvalue
    assert (cell.change, cell.p) == pytest.approx((-0.05, expected))
    # Nobody knows what another seed would have changed.
    assert (cell.is_sure, cell.is_better) == (False, False)
    loss = table["loss"][1]
    assert (loss.p, loss.is_sure, loss.is_better) == (None, False, True)
    assert table["parameters"][1].is_better
    assert "example_count" not in table


@pytest.mark.parametrize(("spread", "is_sure"), [(0.001, True), (0.1, False)])
def test_a_change_is_sure_where_seeds_change_less(spread, is_sure):
    config = {"seed": 0, "train": {"epochs": 3}}
    old = {"config": config, "metrics": {"test_accuracy": 0.95, "test_example_count": 400}}
    new = {"config": {**config, "train": {"epochs": 1}}, "metrics": {"test_accuracy": 0.9, "test_example_count": 400}}
    others = [
        RunRecord.from_json(
            {
                "run_id": str(seed),
                "pipeline": "digits",
                "config": {**config, "seed": seed},
                "metrics": {"test_accuracy": 0.95 + spread * seed},
            }
        )
        for seed in (-1, 1, 2)
    ]
    cell = metric_table(_pair(old, new), others)["accuracy"][1]
    assert cell.is_sure is is_sure


def test_a_metric_of_one_run_alone_has_no_change():
    table = metric_table(_pair({"metrics": {"test_mae": 1.0}}, {"metrics": {}}))
    assert [cell.value for cell in table["mae"]] == [1.0, None]


@pytest.fixture
def root(tmp_path) -> Path:
    """Two runs with evaluations and statistics; the second was given other data and another seed."""
    writer = RootWriter(tmp_path)
    for run, seed, accuracies, counts in ((OLD, 0, (0.5, 0.9), (3, 1)), (NEW, 1, (0.75, 0.8), (2, 2))):
        made = {
            name: writer.artifact(name, f"{run}/{name}")
            for name in ("Examples", "ExampleStatistics", "ModelEvaluation")
        }
        writer.execution(
            run, "ExampleGen", DONE, {}, {"examples": made["Examples"]}, fingerprint=f"data of {run}", code="c"
        )
        statistics = {"statistics": made["ExampleStatistics"]}
        writer.execution(run, "StatisticsGen", DONE, {"examples": made["Examples"]}, statistics)
        writer.execution(run, "Evaluator", DONE, {}, {"evaluation": made["ModelEvaluation"]}, seed=seed)
        folder = tmp_path / "artifacts" / run / "ModelEvaluation"
        folder.mkdir(parents=True)
        values = {
            "": {("candidate", "accuracy"): 0.7, ("candidate", "example_count"): 30.0},
            **{str(label): {("candidate", "accuracy"): each} for label, each in enumerate(accuracies)},
        }
        write_tfma_files(folder, values)
        _write_statistics(tmp_path / "artifacts" / run / "ExampleStatistics", counts)
        nodes = [{"name": name} for name in ("ExampleGen", "StatisticsGen", "Evaluator")]
        writer.record(run, nodes=nodes, label_key="label", labels=["cat", "dog"], metrics={"test_accuracy": 0.7})
    return tmp_path


def _write_statistics(folder: Path, counts: tuple[int, int]) -> None:
    dataset = statistics_pb2.DatasetFeatureStatistics(num_examples=4)
    label = dataset.features.add(name="label", type=statistics_pb2.FeatureNameStatistics.STRING)
    for name, count in zip(("cat", "dog"), counts, strict=True):
        label.string_stats.rank_histogram.buckets.add(label=name, sample_count=count)
    number = dataset.features.add(name="size", type=statistics_pb2.FeatureNameStatistics.FLOAT)
    number.num_stats.common_stats.num_missing = 1
    number.num_stats.mean = 2.5
    standard = number.num_stats.histograms.add(type=statistics_pb2.Histogram.STANDARD)
    for low, count in enumerate(counts):
        standard.buckets.add(low_value=low, high_value=low + 1, sample_count=count)
    (folder / "Split-train").mkdir(parents=True)
    proto = statistics_pb2.DatasetFeatureStatisticsList(datasets=[dataset])
    (folder / "Split-train" / "FeatureStats.pb").write_bytes(proto.SerializeToString())


@pytest.fixture
def runs(root):
    return compared([(run_id, read_run(root, run_id)) for run_id in (OLD, NEW)])


def test_slices_that_differ_most_come_first(runs):
    rows = slice_differences(runs, "accuracy")
    assert [(name, round(spread, 6)) for name, _, spread in rows] == [("cat", 0.25), ("dog", 0.1)]


def test_what_nodes_were_given_is_told(runs):
    assert [row.values for row in data_differences(runs)] == [("data of 2026", "data of 2026")]
    found = {node: reasons for _, node, reasons in node_differences(runs)}
    assert found["ExampleGen"] == ["the data changed (fingerprint)"]
    assert "seed 0 -> 1" in found["Evaluator"]


def test_the_page_has_the_data_over_each_other(runs):
    page = html("comparison_page.html", **comparison_values(runs, []))
    assert page.count('"y":[0.75,0.25]') == 1
    assert page.count('"y":[0.5,0.5]') == 1
    assert "2 runs compared" in page


def test_distributions_are_shares(root):
    found = read_distributions(epath.Path(root / "artifacts" / OLD / "ExampleStatistics"))
    assert found["label"]["train"].shares == {"cat": 0.75, "dog": 0.25}
    size = found["size"]["train"]
    assert (size.missing, size.buckets, size.facts["mean"]) == (0.25, [(0, 1, 0.75), (1, 2, 0.25)], 2.5)


def test_a_number_is_drawn_as_steps_that_end_at_nothing(root):
    found = read_distributions(epath.Path(root / "artifacts" / OLD / "ExampleStatistics"))
    chart = histogram("size", found["size"])
    assert '"x":[0.0,1.0,2.0],"y":[0.75,0.25,0.0]' in chart
    opaque = {"train": found["size"]["train"].__class__(examples=1, missing=0.0, shares={}, buckets=(), facts={})}
    assert histogram("image", opaque) is None
