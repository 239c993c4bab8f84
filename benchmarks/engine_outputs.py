"""What the steps on Beam left, so that two engines' can be compared."""

import gzip
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import tensorflow as tf
import tensorflow_data_validation as tfdv
import tensorflow_transform as tft

from components.evaluator.metrics import overall_metrics
from data.source import SPLITS
from records.rows import read_rows
from records.splits import split_folder


def node_output(root: Path, node: str, output: str, run: int) -> str:
    """The address of an output of a node's first run on a root, 0, or of a later one."""
    found = sorted((root / "artifacts" / node / output).iterdir(), key=lambda path: int(path.name))
    return str(found[run])


def examples(root: Path, run: int, node: str, output: str, split: str) -> Counter[bytes]:
    """A split's examples, in whatever order; features of one too, of which Transform's are in any."""
    files = tf.io.gfile.glob(f"{node_output(root, node, output, run)}/{split_folder(split)}/*")
    records = tf.data.TFRecordDataset(files, compression_type="GZIP").as_numpy_iterator()
    return Counter(tf.train.Example.FromString(each).SerializeToString(deterministic=True) for each in records)


def rows(root: Path, run: int) -> Mapping[str, int]:
    """{split: examples that ExampleGen counted}."""
    return read_rows(node_output(root, "ExampleGen", "examples", run))


def statistics(root: Path, run: int, split: str) -> dict[str, Any]:
    """{feature: its statistics}, and the number of examples under no name.

    Means and deviations to 12 digits: the last ones follow the order in which workers' sums are added.
    """
    uri = node_output(root, "StatisticsGen", "statistics", run)
    [dataset] = tfdv.load_stats_binary(f"{uri}/{split_folder(split)}/FeatureStats.pb").datasets
    for feature in dataset.features:
        if feature.HasField("num_stats"):
            numbers = feature.num_stats
            numbers.mean, numbers.std_dev = (float(f"{value:.12g}") for value in (numbers.mean, numbers.std_dev))
    return {"": dataset.num_examples, **{feature.path.step[0]: feature for feature in dataset.features}}


def graph(root: Path, run: int) -> dict[str, list[Any]]:
    """{feature: its values}, what the graph makes of the test split of the first run."""
    output = tft.TFTransformOutput(node_output(root, "Transform", "transform_graph", run))
    raw = examples(root, 0, "ExampleGen", "examples", "test")
    parsed = tf.io.parse_example(sorted(raw), output.raw_feature_spec())
    return {name: value.numpy().tolist() for name, value in output.transform_features_layer()(parsed).items()}


def metrics(root: Path, run: int, node: str) -> dict[str, dict[str, float]]:
    """{model: {metric: value}}, over all of the test split."""
    return overall_metrics(node_output(root, node, "evaluation", run))


def predictions(root: Path, run: int) -> dict[str, list[str]]:
    """{file: its lines}."""
    uri = Path(node_output(root, "BulkInferrer", "inference_result", run))
    return {
        str(path.relative_to(uri)): gzip.open(path, "rt").read().splitlines()
        for path in sorted(uri.glob("Split-*/*.gz"))
    }


class Output(NamedTuple):
    """What a node left.

    Attributes:
      node: name of the node.
      read: gives the content, of a root and the number of the node's run.
    """

    node: str
    read: Callable[[Path, int], Any]


OUTPUTS: Mapping[str, Output] = {
    **{
        f"examples of {node}, {split}": Output(node, partial(examples, node=node, output=output, split=split))
        for node, output in {"ExampleGen": "examples", "Transform": "transformed_examples"}.items()
        for split in SPLITS
    },
    "rows": Output("ExampleGen", rows),
    **{f"statistics, {split}": Output("StatisticsGen", partial(statistics, split=split)) for split in SPLITS},
    "transform graph": Output("Transform", graph),
    "metrics of the model": Output("Evaluator", partial(metrics, node="Evaluator")),
    "metrics of each file": Output("EdgeEvaluator", partial(metrics, node="EdgeEvaluator")),
    "predictions": Output("BulkInferrer", predictions),
}


def outputs_of(nodes: Sequence[str]) -> dict[str, Output]:
    """What these nodes left, by name."""
    return {what: output for what, output in OUTPUTS.items() if output.node in nodes}
