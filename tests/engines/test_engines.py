"""Each step leaves on another engine what it leaves on the direct runner: of a task and a metric of the user's own."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import tensorflow as tf
import tensorflow_data_validation as tfdv
import tensorflow_transform as tft
import yaml

from components.evaluator.metrics import overall_metrics
from data.source import SPLITS
from records.rows import read_rows
from tests.e2e.commands import run
from tests.e2e.own_task import write_own_task
from tests.engines.engines import flink, portable

pytestmark = pytest.mark.engine
ENGINES = {"portable": portable, "flink": flink}
# By node: a folder on the direct runner, and one on the other engine.
Outputs = Callable[[str, str], tuple[str, str]]


@pytest.fixture(scope="module", params=ENGINES)
def outputs(request, tmp_path_factory) -> Outputs:
    """What nodes left of one pipeline: first all of it on the direct runner, then the nodes on Beam on the engine."""
    folder = tmp_path_factory.mktemp(request.param)
    config, root = write_own_task(folder), folder / "root"
    done = run(config, root)
    assert done.exit_code == 0, done.output
    with ENGINES[request.param](folder, folder) as section:
        config.write_text(yaml.safe_dump({**yaml.safe_load(config.read_text()), "beam": section}))
        # The second part first: it goes on from the last run of the whole.
        for part in (("--from", "Evaluator", "--to", "EdgeEvaluator"), ("--to", "Transform")):
            done = run(config, root, *part)
            assert done.exit_code == 0, done.output
            assert "done" in {done.states()[node] for node in ("Evaluator", "Transform")}

    def find(node: str, output: str) -> tuple[str, str]:
        direct, other = sorted((root / "artifacts" / node / output).iterdir(), key=lambda path: int(path.name))
        return str(direct), str(other)

    return find


def _examples(uri: str, split: str) -> Counter[bytes]:
    """In whatever order; features of one too, of which Transform's are in any."""
    files = tf.io.gfile.glob(f"{uri}/Split-{split}/*")
    records = tf.data.TFRecordDataset(files, compression_type="GZIP").as_numpy_iterator()
    return Counter(tf.train.Example.FromString(each).SerializeToString(deterministic=True) for each in records)


@pytest.mark.parametrize("split", SPLITS)
def test_the_same_examples(outputs, split):
    direct, other = outputs("ExampleGen", "examples")
    assert _examples(direct, split) == _examples(other, split)
    assert sum(_examples(other, split).values()) == read_rows(other)[split] > 0


@pytest.mark.parametrize("split", SPLITS)
def test_the_same_statistics(outputs, split):
    direct, other = (
        tfdv.load_stats_binary(f"{uri}/Split-{split}/FeatureStats.pb") for uri in outputs("StatisticsGen", "statistics")
    )
    assert _by_feature(direct) == _by_feature(other)


def _by_feature(statistics: Any) -> dict[str, Any]:
    [dataset] = statistics.datasets
    return {"": dataset.num_examples, **{feature.path.step[0]: feature for feature in dataset.features}}


@pytest.mark.parametrize("split", SPLITS)
def test_the_same_transformed_examples(outputs, split):
    direct, other = outputs("Transform", "transformed_examples")
    assert _examples(direct, split) == _examples(other, split)


def test_the_same_transform_graph(outputs):
    direct, other = map(tft.TFTransformOutput, outputs("Transform", "transform_graph"))
    raw = _examples(outputs("ExampleGen", "examples")[0], "test")
    parsed = tf.io.parse_example(list(raw), direct.raw_feature_spec())
    ours, theirs = (output.transform_features_layer()(parsed) for output in (direct, other))
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        tf.debugging.assert_equal(value, theirs[name])


def test_the_same_metrics_of_the_model(outputs):
    direct, other = map(overall_metrics, outputs("Evaluator", "evaluation"))
    [metrics] = direct.values()
    assert {"accuracy", "largest_error", "example_count"} <= metrics.keys()
    assert other == direct


def test_the_same_metrics_of_each_file(outputs):
    direct, other = map(overall_metrics, outputs("EdgeEvaluator", "evaluation"))
    assert direct.keys() == {"float32", "int8"}
    assert other == direct
