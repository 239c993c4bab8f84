"""The one place that wires nodes."""

# By their modules: tfx.components 1.21 sets a component to None where its import fails, and the reason is lost.
from tfx.components.example_validator.component import ExampleValidator
from tfx.components.statistics_gen.component import StatisticsGen
from tfx.components.trainer.component import Trainer
from tfx.components.tuner.component import Tuner
from tfx.dsl.components.base.base_node import BaseNode
from tfx.dsl.components.base.executor_spec import BeamExecutorSpec
from tfx.orchestration.pipeline import Pipeline
from tfx.types.channel import OutputChannel

from components.baseline.component import Baseline
from components.bulk_inferrer.component import BulkInferrer
from components.compressor.component import Compressor
from components.compressor.options import CompressorOptions
from components.data_gate.component import DataGate
from components.edge_evaluator.component import EdgeEvaluator
from components.edge_evaluator.options import EdgeEvaluatorOptions
from components.evaluator.component import Evaluator
from components.evaluator.options import Measuring
from components.example_gen.component import ExampleGen
from components.pusher.component import Pusher
from components.schema_gen.component import SchemaGen
from components.serving_check.component import ServingCheck
from components.trainer.options import TrainerCustomConfig
from components.transform.component import Transform
from components.tuner.options import TunerCustomConfig
from pipeline.beam.flags import beam_flags
from pipeline.beam.section import BeamConfig
from pipeline.config import PipelineConfig
from pipeline.places import Places
from pipeline.source_tree import SourceTree
from pipeline.step_aspects import ASPECTS
from pipeline.step_code import step_code

# The property that holds a node's StepCode.
CODE = "code"


def create_pipeline(config: PipelineConfig, places: Places, *, sources: SourceTree | None = None) -> Pipeline:
    """The DAG of a config. Pure: reads and writes nothing but the project's own code, for the cache keys.

    Args:
      config: checked.
      places: places of the run.
      sources: where the code is found; one that has read some of it already saves time.
    """
    wiring = _Wiring(config, places, sources or SourceTree())
    for add_nodes in (
        wiring.prepare_data,
        wiring.train,
        wiring.evaluate,
        wiring.compress,
        wiring.launch,
        wiring.predict,
    ):
        add_nodes()
    return Pipeline(
        pipeline_name=config.name,
        pipeline_root=places.pipeline_root,
        components=list(wiring.nodes.values()),
        enable_cache=True,
    )


class _Wiring:
    """The nodes so far, in topological order; each method adds those of one stage."""

    def __init__(self, config: PipelineConfig, places: Places, sources: SourceTree) -> None:
        self.config = config
        self.places = places
        self.nodes: dict[str, BaseNode] = {}
        self._spec = config.task_spec()
        self._task_module = config.task.rpartition(".")[0]
        self._sources = sources

    def prepare_data(self) -> None:
        """From the source to transformed examples, past the gate on the data."""
        self._add(ExampleGen(task_spec=self._task_spec("ExampleGen"), fingerprint=self.places.fingerprint))
        self._add(SchemaGen(task_spec=self._task_spec("SchemaGen"), curated=self.places.schema))
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
                logs_fingerprint=self.places.logs_fingerprint,
                passed_data=self.places.passed_data,
            )
        )
        transform = Transform(
            examples=examples,
            schema=schema,
            preprocessing_fn="components.transform.preprocessing.preprocessing_fn",
            custom_config={"task_spec": self._task_spec("Transform")},
            # Nothing reads either: StatisticsGen has the statistics, and a later span has no use for what this one
            # computed, since vocabularies and quantiles are of all data.
            disable_statistics=True,
            disable_analyzer_cache=True,
        )
        # Nothing that the gate writes is read, but nothing may happen before it passed.
        transform.add_upstream_node(self.nodes["DataGate"])
        # What TFX's own executor imports decides about the outputs as well.
        self._add(transform, "components.transform.preprocessing", "tfx.components.transform.executor")

    def train(self) -> None:
        """The model, and the one in production that it has to match."""
        asked = {"train": self.config.train, "seed": self.config.seed, "start": self.places.start}
        if self.config.tune is not None:
            self._add(
                Tuner(
                    tuner_fn="components.tuner.tuner_fn.tuner_fn",
                    examples=self._output("Transform", "transformed_examples"),
                    transform_graph=self._output("Transform", "transform_graph"),
                    schema=self._output("SchemaGen", "schema"),
                    custom_config=TunerCustomConfig(
                        task_spec=self._task_spec("Tuner"), tune=self.config.tune, **asked
                    ).model_dump(mode="json"),
                ),
                "components.tuner.tuner_fn",
            )
        self._add(
            Trainer(
                run_fn="components.trainer.run_fn.run_fn",
                examples=self._output("Transform", "transformed_examples"),
                transform_graph=self._output("Transform", "transform_graph"),
                schema=self._output("SchemaGen", "schema"),
                hyperparameters=self._output("Tuner", "best_hyperparameters") if self.config.tune else None,
                custom_config=TrainerCustomConfig(
                    task_spec=self._task_spec("Trainer"),
                    # A killed training goes on only with the same code.
                    code=step_code("components.trainer.run_fn", self._task_module, tree=self._sources).digest,
                    workspaces=self.places.workspaces,
                    **asked,
                ).model_dump(mode="json"),
            ),
            "components.trainer.run_fn",
        )
        self._add(
            Baseline(
                model=self._output("Trainer", "model"),
                model_run=self._output("Trainer", "model_run"),
                task_spec=self._task_spec("Baseline"),
                registry=self.places.registry,
                model_name=self.config.name,
            )
        )

    def evaluate(self) -> None:
        """TFMA's judgement of the SavedModel."""
        self._add(
            Evaluator(
                examples=self._output("ExampleGen", "examples"),
                model=self._output("Trainer", "model"),
                model_run=self._output("Trainer", "model_run"),
                baseline_model=self._output("Baseline", "baseline"),
                schema=self._output("SchemaGen", "schema"),
                task_spec=self._task_spec("Evaluator"),
                evaluate=self.config.evaluate.model_dump_json(),
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
                task_spec=self._task_spec("Compressor"),
                compress=self.config.compress.model_dump_json(include={*CompressorOptions.model_fields}),
                train=self.config.train.model_dump_json(),
                seed=self.config.seed,
                workspaces=self.places.workspaces,
            )
        )
        self._add(
            EdgeEvaluator(
                variants=self._output("Compressor", "variants"),
                model_run=self._output("Trainer", "model_run"),
                examples=self._output("ExampleGen", "examples"),
                transform_graph=self._output("Transform", "transform_graph"),
                task_spec=self._task_spec("EdgeEvaluator"),
                compress=self.config.compress.model_dump_json(include={*EdgeEvaluatorOptions.model_fields}),
                measuring=self.config.evaluate.model_dump_json(include={*Measuring.model_fields}),
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
                task_spec=self._task_spec("ServingCheck"),
                serving_check=self.config.serving_check.model_dump_json(),
            )
        )
        self._add(
            Pusher(
                model=self._output("Trainer", "model"),
                model_run=self._output("Trainer", "model_run"),
                variants=self._output("Compressor", "variants"),
                evaluation=self._output("Evaluator", "evaluation"),
                statistics=self._output("StatisticsGen", "statistics"),
                model_blessing=self._output("Evaluator", "blessing"),
                edge_blessing=self._output("EdgeEvaluator", "blessing"),
                serving_blessing=self._output("ServingCheck", "blessing"),
                task_spec=self._task_spec("Pusher"),
                registry=self.places.registry,
                model_name=self.config.name,
                stage=self.config.push.stage,
                card=self.config.card.model_dump_json(),
            )
        )

    def predict(self) -> None:
        """What the version that was pushed predicts, where the config asks for it."""
        if self.config.predict is not None:
            self._add(
                BulkInferrer(
                    pushed_model=self._output("Pusher", "pushed_model"),
                    model_run=self._output("Trainer", "model_run"),
                    task_spec=self.config.predict_spec().of_step(*ASPECTS["BulkInferrer"]).model_dump_json(),
                    predict=self.config.predict.model_dump_json(exclude={"options"}),
                    fingerprint=self.places.predict_fingerprint,
                )
            )

    def _add(self, node: BaseNode, *modules: str) -> None:
        """Adds a node; what its executor runs, and on what, becomes one of its properties.

        Args:
          node: whose executor's module, and the task's if it is given one, are known.
          modules: further modules that the executor imports by name.
        """
        tasks = [self._task_module] if node.id in ASPECTS else []
        code = step_code(node.executor_spec.executor_class.__module__, *modules, *tasks, tree=self._sources)
        node.exec_properties[CODE] = code.model_dump_json()
        if isinstance(node.executor_spec, BeamExecutorSpec):
            self._choose_engine(node)
        self.nodes[node.id] = node

    def _choose_engine(self, node: BaseNode) -> None:
        """Gives a node its engine; of another than the default the node's properties tell."""
        beam = self.config.beam
        node.executor_spec.add_beam_pipeline_args(beam_flags(beam, node.id))
        if node.id in beam.nodes and beam != BeamConfig():
            node.exec_properties["beam"] = beam.model_dump_json(exclude={"nodes"}, exclude_none=True)

    def _output(self, node: str, channel: str) -> OutputChannel:
        return self.nodes[node].outputs[channel]

    def _task_spec(self, node: str) -> str:
        """The task with the options alone that the node reads, as JSON."""
        return self._spec.of_step(*ASPECTS[node]).model_dump_json()
