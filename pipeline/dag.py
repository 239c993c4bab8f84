"""The one place that wires nodes."""

import json
from dataclasses import dataclass

import tensorflow_model_analysis as tfma
from tfx.components import ExampleValidator, StatisticsGen, Trainer, Transform, Tuner
from tfx.dsl.components.base.base_node import BaseNode
from tfx.orchestration.pipeline import Pipeline
from tfx.types.channel import OutputChannel

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
from components.trainer.start import Start
from pipeline.config import PipelineConfig, load_task
from tasks.base import Task
from tasks.evaluation import BASELINE, CANDIDATE, eval_config
from tasks.loading import code_digest, custom_config


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where a run's things are; what runners differ in.

    Attributes:
      pipeline_root: where artifacts go.
      registry: the model registry.
      workspaces: where trainings keep what a killed one goes on from.
      fingerprint: of the source's data; empty where it cannot be known when the pipeline is made.
      start: the trained model that training starts from, if any.
    """

    pipeline_root: str
    registry: str
    workspaces: str
    fingerprint: str
    start: Start | None


def create_pipeline(config: PipelineConfig, places: Places) -> Pipeline:
    """The DAG of a config. Pure: reads and writes nothing but the project's own code, for the cache keys."""
    wiring = _Wiring(config, places)
    for add_nodes in (wiring.prepare_data, wiring.train, wiring.evaluate, wiring.compress, wiring.launch):
        add_nodes()
    return Pipeline(
        pipeline_name=config.name,
        pipeline_root=places.pipeline_root,
        components=list(wiring.nodes.values()),
        enable_cache=True,
        beam_pipeline_args=list(config.beam_args),
    )


class _Wiring:
    """The nodes so far, in topological order; each method adds those of one stage."""

    def __init__(self, config: PipelineConfig, places: Places) -> None:
        self.config = config
        self.places = places
        self.nodes: dict[str, BaseNode] = {}
        self._spec = config.task_spec()
        self._task_spec = self._spec.model_dump_json()
        self._compress = config.compress.model_dump_json()

    def prepare_data(self) -> None:
        """From the source to transformed examples, past the gate on the data."""
        code = self._code("data", "components.example_gen")
        self._add(ExampleGen(task_spec=self._task_spec, fingerprint=self.places.fingerprint, code=code))
        self._add(SchemaGen(task_spec=self._task_spec, code=code))
        examples, schema = self._output("ExampleGen", "examples"), self._output("SchemaGen", "schema")
        self._add(StatisticsGen(examples=examples, schema=schema))
        statistics = self._output("StatisticsGen", "statistics")
        self._add(ExampleValidator(statistics=statistics, schema=schema))
        self._add(
            DataGate(
                examples=examples,
                statistics=statistics,
                schema=schema,
                anomalies=self._output("ExampleValidator", "anomalies"),
                data_gate=self.config.data_gate.model_dump_json(),
            )
        )
        transform = Transform(
            examples=examples,
            schema=schema,
            preprocessing_fn="components.transform.preprocessing.preprocessing_fn",
            custom_config=custom_config(self._spec, code=code),
        )
        # Nothing that the gate writes is read, but nothing may happen before it passed.
        transform.add_upstream_node(self.nodes["DataGate"])
        self._add(transform)

    def train(self) -> None:
        """The model, and the one in production that it has to match."""
        code = self._code("models", "training", "components.trainer")
        train = self.config.train.model_dump(mode="json")
        start = self.places.start.model_dump(mode="json") if self.places.start else None
        if self.config.tune is not None:
            self._add(
                Tuner(
                    tuner_fn="components.tuner.tuner_fn.tuner_fn",
                    examples=self._output("Transform", "transformed_examples"),
                    transform_graph=self._output("Transform", "transform_graph"),
                    schema=self._output("SchemaGen", "schema"),
                    custom_config=custom_config(
                        self._spec,
                        code=self._code("models", "training", "components.trainer", "components.tuner"),
                        train=train,
                        tune=self.config.tune.model_dump(mode="json"),
                        seed=self.config.seed,
                        start=start,
                    ),
                )
            )
        self._add(
            Trainer(
                run_fn="components.trainer.run_fn.run_fn",
                examples=self._output("Transform", "transformed_examples"),
                transform_graph=self._output("Transform", "transform_graph"),
                schema=self._output("SchemaGen", "schema"),
                hyperparameters=self._output("Tuner", "best_hyperparameters") if self.config.tune else None,
                custom_config=custom_config(
                    self._spec,
                    code=code,
                    train=train,
                    seed=self.config.seed,
                    start=start,
                    workspaces=self.places.workspaces,
                ),
            )
        )
        self._add(
            Baseline(model=self._output("Trainer", "model"), registry=self.places.registry, model_name=self.config.name)
        )

    def evaluate(self) -> None:
        """TFMA's judgement of the SavedModel."""
        self._add(
            Evaluator(
                examples=self._output("ExampleGen", "examples"),
                model=self._output("Trainer", "model"),
                baseline_model=self._output("Baseline", "baseline"),
                example_splits=[GATE_SPLIT],
                eval_config=_eval_config(self.config, load_task(self.config)),
                schema=self._output("SchemaGen", "schema"),
            )
        )

    def compress(self) -> None:
        """The TFLite variants and TFMA's judgement of each."""
        self._add(
            Compressor(
                model_run=self._output("Trainer", "model_run"),
                transformed_examples=self._output("Transform", "transformed_examples"),
                transform_graph=self._output("Transform", "transform_graph"),
                evaluation=self._output("Evaluator", "evaluation"),
                task_spec=self._task_spec,
                code=self._code("compression", "serving", "models", "training", "components.compressor"),
                compress=self._compress,
                train=self.config.train.model_dump_json(),
                seed=self.config.seed,
                workspaces=self.places.workspaces,
            )
        )
        self._add(
            EdgeEvaluator(
                variants=self._output("Compressor", "variants"),
                examples=self._output("ExampleGen", "examples"),
                transform_graph=self._output("Transform", "transform_graph"),
                task_spec=self._task_spec,
                code=self._code("serving", "components.edge_evaluator"),
                compress=self._compress,
                slices=json.dumps(self.config.evaluate.slices),
            )
        )

    def launch(self) -> None:
        """The check of what would ship, and the push."""
        self._add(
            ServingCheck(
                model=self._output("Trainer", "model"),
                model_run=self._output("Trainer", "model_run"),
                variants=self._output("Compressor", "variants"),
                edge_evaluation=self._output("EdgeEvaluator", "evaluation"),
                examples=self._output("ExampleGen", "examples"),
                transform_graph=self._output("Transform", "transform_graph"),
                task_spec=self._task_spec,
                code=self._code("serving", "components.serving_check"),
                serving_check=self.config.serving_check.model_dump_json(),
            )
        )
        self._add(
            Pusher(
                model=self._output("Trainer", "model"),
                variants=self._output("Compressor", "variants"),
                evaluation=self._output("Evaluator", "evaluation"),
                model_blessing=self._output("Evaluator", "blessing"),
                edge_blessing=self._output("EdgeEvaluator", "blessing"),
                serving_blessing=self._output("ServingCheck", "blessing"),
                task_spec=self._task_spec,
                registry=self.places.registry,
                model_name=self.config.name,
                stage=self.config.push.stage,
            )
        )

    def _add(self, node: BaseNode) -> None:
        self.nodes[node.id] = node

    def _output(self, node: str, channel: str) -> OutputChannel:
        return self.nodes[node].outputs[channel]

    def _code(self, *modules: str) -> str:
        """A digest of the modules that a step runs, the task's among them."""
        return code_digest(*modules, "tasks", self.config.task.rpartition(".")[0])


def _eval_config(config: PipelineConfig, task: Task) -> tfma.EvalConfig:
    """Of the new model and the baseline; Evaluator drops the second where there is none."""
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
