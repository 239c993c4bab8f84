"""The one place that wires nodes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import tensorflow_model_analysis as tfma
from tfx.components import ExampleValidator, StatisticsGen, Trainer, Transform
from tfx.dsl.components.base.base_node import BaseNode
from tfx.orchestration.pipeline import Pipeline

from components.baseline.component import Baseline
from components.compressor.component import Compressor
from components.data_gate.component import DataGate
from components.edge_evaluator.component import EdgeEvaluator
from components.evaluator.component import Evaluator
from components.example_gen.component import ExampleGen
from components.pusher.component import Pusher
from components.schema_gen.component import SchemaGen
from components.serving_check.component import ServingCheck
from components.splits import GATE_SPLIT
from pipeline.config import PipelineConfig, load_task
from tasks.evaluation import BASELINE, CANDIDATE, eval_config
from tasks.loading import code_digest, custom_config


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where a run's things are; what runners differ in.

    Attributes:
      pipeline_root: where artifacts go.
      registry: the model registry.
      fingerprint: of the source's data; empty where it cannot be known when the pipeline is made.
    """

    pipeline_root: str
    registry: str
    fingerprint: str


def create_pipeline(config: PipelineConfig, places: Places) -> Pipeline:
    """The DAG of a config. Pure: reads and writes nothing but the project's own code, for the cache keys."""
    return Pipeline(
        pipeline_name=config.name,
        pipeline_root=places.pipeline_root,
        components=list(create_nodes(config, places)),
        enable_cache=True,
        beam_pipeline_args=list(config.beam_args),
    )


def create_nodes(config: PipelineConfig, places: Places) -> Sequence[BaseNode]:
    """Every node, wired, in topological order."""
    spec = config.task_spec()
    task = load_task(config)
    task_spec = spec.model_dump_json()
    task_module = config.task.rpartition(".")[0]

    def code(*modules: str) -> str:
        return code_digest(*modules, "tasks", task_module)

    data_code = code("data", "components.example_gen")
    compress = config.compress.model_dump_json()
    slices = json.dumps(config.evaluate.slices)

    example_gen = ExampleGen(task_spec=task_spec, fingerprint=places.fingerprint, code=data_code)
    examples = example_gen.outputs["examples"]
    schema_gen = SchemaGen(task_spec=task_spec, code=data_code)
    schema = schema_gen.outputs["schema"]
    statistics_gen = StatisticsGen(examples=examples, schema=schema)
    statistics = statistics_gen.outputs["statistics"]
    example_validator = ExampleValidator(statistics=statistics, schema=schema)
    data_gate = DataGate(
        statistics=statistics,
        schema=schema,
        anomalies=example_validator.outputs["anomalies"],
        data_gate=config.data_gate.model_dump_json(),
    )
    transform = Transform(
        examples=examples,
        schema=schema,
        preprocessing_fn="components.transform.preprocessing.preprocessing_fn",
        custom_config=custom_config(spec, code=data_code),
    )
    transform.add_upstream_node(data_gate)
    trainer = Trainer(
        run_fn="components.trainer.run_fn.run_fn",
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        schema=schema,
        custom_config=custom_config(
            spec,
            code=code("models", "training", "components.trainer"),
            train=config.train.model_dump(),
            seed=config.seed,
        ),
    )
    model = trainer.outputs["model"]
    baseline = Baseline(model=model, registry=places.registry, model_name=config.name)
    evaluator = Evaluator(
        examples=examples,
        model=model,
        baseline_model=baseline.outputs["baseline"],
        example_splits=[GATE_SPLIT],
        eval_config=_eval_config(config, task),
        schema=schema,
    )
    compressor = Compressor(
        model_run=trainer.outputs["model_run"],
        transformed_examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        evaluation=evaluator.outputs["evaluation"],
        task_spec=task_spec,
        code=code("compression", "serving", "components.compressor"),
        compress=compress,
    )
    edge_evaluator = EdgeEvaluator(
        variants=compressor.outputs["variants"],
        examples=examples,
        transform_graph=transform.outputs["transform_graph"],
        task_spec=task_spec,
        code=code("serving", "components.edge_evaluator"),
        compress=compress,
        slices=slices,
    )
    serving_check = ServingCheck(
        model=model,
        model_run=trainer.outputs["model_run"],
        variants=compressor.outputs["variants"],
        edge_evaluation=edge_evaluator.outputs["evaluation"],
        examples=examples,
        transform_graph=transform.outputs["transform_graph"],
        task_spec=task_spec,
        code=code("serving", "components.serving_check"),
        serving_check=config.serving_check.model_dump_json(),
    )
    pusher = Pusher(
        model=model,
        variants=compressor.outputs["variants"],
        evaluation=evaluator.outputs["evaluation"],
        model_blessing=evaluator.outputs["blessing"],
        edge_evaluation=edge_evaluator.outputs["evaluation"],
        edge_blessing=edge_evaluator.outputs["blessing"],
        serving_blessing=serving_check.outputs["blessing"],
        task_spec=task_spec,
        registry=places.registry,
        model_name=config.name,
        stage=config.push.stage,
    )
    return (
        example_gen,
        schema_gen,
        statistics_gen,
        example_validator,
        data_gate,
        transform,
        trainer,
        baseline,
        evaluator,
        compressor,
        edge_evaluator,
        serving_check,
        pusher,
    )


def _eval_config(config: PipelineConfig, task) -> tfma.EvalConfig:
    specs = [
        tfma.ModelSpec(
            name=name,
            signature_name="serving_default",
            prediction_key=task.prediction_key,
            label_key=task.label_key,
            is_baseline=name == BASELINE,
        )
        for name in (CANDIDATE, BASELINE)
    ]
    return eval_config(task, gates=config.evaluate.gates, slices=config.evaluate.slices, model_specs=specs)
