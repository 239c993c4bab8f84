"""Which nodes an option makes run anew: those whose outputs it can change, of every shipped task."""

import json
from typing import Any

import pytest
from tfx.dsl.components.base.base_node import BaseNode

from pipeline.config import PipelineConfig
from pipeline.dag import CODE, create_pipeline
from pipeline.places import Places
from pipeline.source_tree import SourceTree
from pipeline.step_code import step_code
from tasks.loading import task_class
from tasks.shipped import SHIPPED_TASKS

NODES = [
    "ExampleGen",
    "SchemaGen",
    "StatisticsGen",
    "ExampleValidator",
    "DataGate",
    "Transform",
    "Trainer",
    "Baseline",
    "Evaluator",
    "Compressor",
    "EdgeEvaluator",
    "ServingCheck",
    "Pusher",
    "BulkInferrer",
]
FROM_DATA = {*NODES} - {"SchemaGen"}
FROM_TRANSFORM = set(NODES[5:])
FROM_TRAINER = set(NODES[6:])
FROM_EVALUATOR = set(NODES[8:])
FROM_PUSHER = set(NODES[12:])
IMAGES = {"source": {"kind": "digits"}, "height": 8, "width": 8}
SERIES = {
    "source": {"kind": "co2"},
    "lookback": 104,
    "horizon": 26,
    "season": 52,
    "quantiles": [0.1, 0.5, 0.9],
    "model": {"kind": "recurrent"},
}
SINUSOIDS = {"source": {"kind": "sinusoids"}, "learner": {"kind": "cavia"}}
EPISODES = {"source": {"kind": "digits"}, "ways": [2], "learner": {"kind": "prototypes"}}
ROWS = {"source": {"kind": "sklearn", "name": "breast_cancer"}, "label": {"column": "target"}}
SHARES = {"train": 0.5, "eval": 0.25, "test": 0.25}
# Of each task: its options, the metric that is gated, and of each option another value and what has to run.
TASKS: dict[str, tuple[dict[str, Any], str, dict[str, tuple[Any, set[str]]]]] = {
    "tasks.image_classification.ImageClassification": (
        IMAGES,
        "accuracy",
        {
            "source": ({"kind": "digits", "splits": SHARES}, {*NODES}),
            "height": (9, FROM_TRANSFORM),
            "width": (9, FROM_TRANSFORM),
            "channels": (3, FROM_TRANSFORM),
            "model": ({"dropout": 0.25}, FROM_TRAINER),
            "augment": ({"translate": 0.1}, FROM_TRAINER),
            "loss": ({"label_smoothing": 0.1}, FROM_TRAINER),
            "contrast": ({"dim": 8}, FROM_TRAINER),
            "fold": (False, FROM_TRAINER),
        },
    ),
    "tasks.forecasting.Forecasting": (
        SERIES,
        "mase",
        {
            "source": ({"kind": "series_file", "file": "/series.csv", "columns": ["co2"], "every": "7d"}, FROM_DATA),
            "lookback": (105, FROM_DATA),
            "horizon": (13, {*NODES}),
            "splits": (SHARES, FROM_DATA),
            "season": (26, FROM_TRAINER),
            "channels": (["ppm"], {*NODES} - {"ExampleGen"}),
            "model": ({"kind": "nlinear"}, FROM_TRAINER),
            "calendar": (False, FROM_TRAINER),
            "quantiles": ([0.2, 0.5, 0.8], FROM_TRAINER),
            "loss": ("pinball", FROM_TRAINER),
            "horizon_parts": (3, FROM_EVALUATOR),
        },
    ),
    "tasks.tabular.Tabular": (
        ROWS,
        "accuracy",
        {
            "source": ({"kind": "sklearn", "name": "breast_cancer", "splits": SHARES}, FROM_DATA),
            "label": ({"column": "target", "classes": ["malignant", "benign"]}, {*NODES}),
            "columns": ({"left_out": ["mean area"]}, {*NODES}),
            "model": ({"kind": "linear"}, FROM_TRAINER),
            "loss": ({"label_smoothing": 0.1}, FROM_TRAINER),
            "weight_column": ("mean area", {*NODES}),
            "threshold": (0.3, FROM_EVALUATOR),
        },
    ),
    "tasks.few_shot.regression.FewShotRegression": (
        SINUSOIDS,
        "mse",
        {
            "source": ({"kind": "sinusoids", "seed": 1}, FROM_DATA),
            "shots": ([5], FROM_DATA),
            "queries": (50, FROM_DATA),
            "episodes_per_epoch": (1000, FROM_TRAINER),
            "widths": ([8], FROM_TRAINER),
            "extra_inputs": (2, FROM_TRAINER),
            "learner": ({"kind": "cavia", "context": 2}, FROM_TRAINER),
        },
    ),
    "tasks.few_shot.classification.FewShotClassification": (
        EPISODES,
        "accuracy",
        {
            "source": ({"kind": "digits", "splits": SHARES}, FROM_DATA),
            "splits": (SHARES, FROM_DATA),
            "ways": ([3], FROM_DATA),
            "shots": ([2], FROM_DATA),
            "queries": (5, FROM_DATA),
            "episodes": ({"eval": 10, "test": 10}, FROM_DATA),
            "is_within_groups": (True, FROM_DATA),
            "seed": (1, FROM_DATA),
            "is_rotated": (True, FROM_TRAINER),
            "augment": ({"zoom": 0.1}, FROM_TRAINER),
            "episodes_per_epoch": (1000, FROM_TRAINER),
            "height": (16, FROM_TRAINER),
            "width": (32, FROM_TRAINER),
            "channels": (3, FROM_TRAINER),
            "widths": ([8], FROM_TRAINER),
            "learner": ({"kind": "maml"}, FROM_TRAINER),
        },
    ),
}
# Read once: no code changes between these pipelines.
SOURCES = SourceTree()
CASES = [(task, option) for task, (_, _, others) in TASKS.items() for option in others]


def _nodes(task: str, options: dict[str, Any], **sections: Any) -> dict[str, BaseNode]:
    metric = TASKS[task][1]
    config = PipelineConfig(
        name="test",
        task=task,
        options=options,
        **{"evaluate": {"gates": {metric: {"min": 0}}}, "predict": {}, **sections},
    )
    places = Places(
        pipeline_root="/root",
        registry="/registry",
        workspaces="/workspaces",
        passed_data="/passed",
        fingerprint="",
        start=None,
    )
    return {node.id: node for node in create_pipeline(config, places, sources=SOURCES).components}


def _that_run(before: dict[str, BaseNode], after: dict[str, BaseNode]) -> set[str]:
    """As TFX decides it: nodes with other properties, and those that read what such a node makes."""
    found: set[str] = set()
    for name, node in after.items():
        producers = {channel.producer_component_id for channel in node.inputs.values()}
        if producers & found or before[name].exec_properties != node.exec_properties:
            found.add(name)
    return found


@pytest.fixture(scope="module")
def base() -> dict[str, dict[str, BaseNode]]:
    return {task: _nodes(task, options) for task, (options, _, _) in TASKS.items()}


def test_every_shipped_task_is_tried():
    assert TASKS.keys() == set(SHIPPED_TASKS)


@pytest.mark.parametrize("task", TASKS)
def test_every_option_of_a_shipped_task_is_tried(task):
    assert TASKS[task][2].keys() == task_class(task).Options.model_fields.keys()


@pytest.mark.parametrize(("task", "option"), CASES)
def test_an_option_runs_the_nodes_whose_outputs_it_can_change(base, task, option):
    options, _, others = TASKS[task]
    value, expected = others[option]
    assert _that_run(base[task], _nodes(task, {**options, option: value})) == expected


@pytest.mark.parametrize("task", TASKS)
def test_the_key_of_a_run_sees_all_code_that_its_nodes_run(task):
    space = {"train.learning_rate": {"kind": "float", "min": 0.001, "max": 0.01}}
    nodes = _nodes(task, TASKS[task][0], tune={"space": space})
    seen = step_code("pipeline.local_run", task.rpartition(".")[0], tree=SOURCES).modules
    code = {name: json.loads(node.exec_properties[CODE])["modules"] for name, node in nodes.items()}
    assert "Tuner" in code
    assert {name: set(modules) - set(seen) for name, modules in code.items()} == {name: set() for name in code}


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        ({"seed": 1}, FROM_TRAINER),
        ({"root": "/elsewhere"}, set()),
        ({"notify": {"command": ["true"]}}, set()),
        ({"artifacts": "gs://bucket/artifacts"}, set()),
        ({"train": {"epochs": 3}}, FROM_TRAINER),
        ({"data_gate": {"min_examples": {"train": 2}}}, {"DataGate"}),
        ({"data_gate": {"drift": {}}}, {"DataGate"}),
        ({"data_gate": {"skew": {"logs": "/logs"}}}, {"DataGate"}),
        ({"evaluate": {"gates": {"accuracy": {"min": 0}}, "confidence": "jackknife"}}, FROM_EVALUATOR),
        ({"evaluate": {"gates": {"accuracy": {"min": 0.1}}}}, FROM_EVALUATOR),
        ({"evaluate": {"gates": {"accuracy": {"min": 0}}, "slices": ["label"]}}, FROM_EVALUATOR),
        ({"compress": {"variants": ["float32"]}}, set(NODES[9:])),
        ({"compress": {"gates": {"accuracy": {"min": 0.1}}}}, {"EdgeEvaluator", "ServingCheck", *FROM_PUSHER}),
        ({"serving_check": {"examples": 3}}, {"ServingCheck", *FROM_PUSHER}),
        ({"push": {"stage": "canary"}}, FROM_PUSHER),
        ({"card": {"license": "Apache-2.0"}}, FROM_PUSHER),
        ({"predict": {"splits": ["test"], "variant": "int8"}}, {"BulkInferrer"}),
        ({"predict": {"options": {"source": {"kind": "digits", "splits": SHARES}}}}, {"BulkInferrer"}),
        ({"kubeflow": {"image": "image:1", "pipeline_root": "gs://bucket"}}, set()),
    ],
)
def test_a_section_runs_the_nodes_that_read_it(base, sections, expected):
    task = "tasks.image_classification.ImageClassification"
    assert _that_run(base[task], _nodes(task, IMAGES, **sections)) == expected
