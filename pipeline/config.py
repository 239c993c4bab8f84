"""The config: one YAML file a pipeline, checked before anything runs.

Needs no TensorFlow, so that a mistake is told in a fraction of a second.
"""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, field_validator

from components.bulk_inferrer.options import PredictConfig
from components.compressor.options import CompressConfig
from components.data_gate.options import DataGateConfig
from components.evaluator.options import EvaluateConfig, check_gates
from components.pusher.card_options import CardConfig
from components.pusher.options import PushConfig
from components.sections import Place, Section
from components.serving_check.options import ServingCheckConfig
from components.trainer.start_options import StartOptions
from components.tuner.options import TuneOptions
from compression.recipe import Recipe
from data.schema.text import read_schema, schema_text
from pipeline.beam.arguments import check_arguments
from pipeline.beam.section import BeamConfig
from pipeline.config_checks import check_features, check_nodes, check_predict
from pipeline.config_file import layer_of, make_importable, read_layers
from pipeline.config_layers import MergedValues
from pipeline.config_mistakes import validate
from pipeline.kubeflow_options import KubeflowConfig
from pipeline.local_options import LocalConfig
from pipeline.name_clashes import check_own_modules
from pipeline.notify.options import NotifyConfig
from pipeline.vendor_noise import without_vendor_noise
from records.stores import check_tensorflow_store, is_uri
from tasks.base import Task
from tasks.loading import TaskNotFoundError, TaskSpec, task_class
from tasks.overrides import with_values
from tasks.recipe_checks import check_recipe, check_student
from training.options import TrainOptions

# Tuner only with a section `tune`, BulkInferrer only with a section `predict`.
NODES = (
    "ExampleGen",
    "SchemaGen",
    "StatisticsGen",
    "ExampleValidator",
    "DataGate",
    "Transform",
    "Tuner",
    "Trainer",
    "Baseline",
    "Evaluator",
    "Compressor",
    "EdgeEvaluator",
    "ServingCheck",
    "Pusher",
    "BulkInferrer",
)


class PipelineConfig(Section):
    """A whole pipeline."""

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_-]{0,62}$",
        description="Lower-case letters, digits, dashes and underscores; names the root and the model.",
    )
    root: Path | None = Field(
        None, description="Where runs go, relative to the config's folder; default: output/NAME beside the config."
    )
    artifacts: str | None = Field(
        None,
        description="Where artifacts go if not to the root, such as gs://bucket/slipway; each root has a folder there.",
    )
    seed: int = Field(0, ge=0, description="Of initial weights, shuffling and augmentation.")
    task: str = Field(description="Dotted path of a Task class, shipped or in a module beside the config.")
    options: dict[str, Any] = Field(default_factory=dict, description="The task's own options, checked by the task.")
    schema_file: Place | None = Field(
        None,
        description="What good raw examples look like, as `slipway schema infer` writes it; default: the task's own "
        "schema. Relative paths start at the config.",
    )
    data_gate: DataGateConfig = Field(default_factory=DataGateConfig)
    train: TrainOptions = Field(default_factory=TrainOptions)
    start: StartOptions | None = Field(None, description="A trained model to start from; default: weights drawn anew.")
    tune: TuneOptions | None = Field(None, description="Search hyperparameters before training; default: no search.")
    evaluate: EvaluateConfig
    compress: CompressConfig = Field(default_factory=CompressConfig)
    serving_check: ServingCheckConfig = Field(default_factory=ServingCheckConfig)
    push: PushConfig = Field(default_factory=PushConfig)
    card: CardConfig = Field(default_factory=CardConfig)
    predict: PredictConfig | None = Field(
        None, description="Examples for which what was pushed predicts at once; default: none."
    )
    beam: BeamConfig = Field(default_factory=BeamConfig)
    local: LocalConfig = Field(default_factory=LocalConfig)
    notify: NotifyConfig | None = Field(None, description="Who is told what became of a run; default: nobody.")
    kubeflow: KubeflowConfig | None = None

    @field_validator("root", mode="before")
    @classmethod
    def _root_is_local(cls, root: Any) -> Any:
        if isinstance(root, str) and is_uri(root):
            raise ValueError(
                f"a root is a directory on this machine: ML Metadata's store, the lock and the runs' records need a "
                f"disk. Received: {root!r}. At an object store can be artifacts and push.registry; the root of a "
                f"compiled pipeline is kubeflow.pipeline_root."
            )
        return root

    @field_validator("artifacts")
    @classmethod
    def _artifacts_can_be_written(cls, artifacts: str | None) -> str | None:
        if artifacts is not None:
            check_tensorflow_store(artifacts)
        return artifacts

    def node_names(self) -> list[str]:
        """Names of the DAG's nodes in topological order, known without TFX, which takes seconds to import."""
        optional = {"Tuner": self.tune, "BulkInferrer": self.predict}
        return [node for node in NODES if node not in optional or optional[node] is not None]

    def task_spec(self) -> TaskSpec:
        """The task as it travels to the steps, options completed by their defaults and by what this machine knows."""
        options = load_task(self).resolved_options()
        return TaskSpec(task=self.task, options=options.model_dump(mode="json"))

    def curated_schema(self) -> str:
        """The text of the schema in `schema_file`; empty without one.

        Raises:
          SchemaError: the file cannot be read.
        """
        return schema_text(read_schema(self.schema_file)) if self.schema_file else ""

    def logs_fingerprint(self) -> str:
        """Fingerprint of the requests that `data_gate.skew` names; empty without.

        Raises:
          SourceNotFoundError: they are not there.
        """
        if self.data_gate.skew is None:
            return ""
        from data.serving_logs import logs_fingerprint

        return logs_fingerprint(self.data_gate.skew.logs)

    def predict_task(self) -> Task:
        """The task with the options by which the section `predict` reads its examples.

        Raises:
          pydantic.ValidationError: the task has no such options.
        """
        given = self.predict.options if self.predict else {}
        return TaskSpec(task=self.task, options={**self.options, **given}).load()

    def predict_spec(self) -> TaskSpec:
        """That task as it travels to the steps. What the config's own data tell of it stays, such as which column of a
        table is what."""
        given = self.predict.options if self.predict else {}
        own = self.task_spec().options
        options = TaskSpec(task=self.task, options={**own, **given}).load().resolved_options()
        return TaskSpec(task=self.task, options=options.model_dump(mode="json"))


@without_vendor_noise()
def load_config(path: Path, changes: Mapping[str, Any] | None = None) -> PipelineConfig:
    """Reads and checks a config, the task's options included; relative paths start at its folder, and so does the root.

    Modules beside the config become importable, so that `task` can name the user's own.

    Args:
      path: file of the config, which may extend another.
      changes: values by their dotted keys, laid over those of the file.

    Raises:
      ConfigError: names the key, the rule and what was received.
      SchemaError: the schema's file cannot be read, or does not fit the task.
    """
    layers = [*read_layers(path), *([layer_of(changes)] if changes else [])]
    make_importable([layer.folder for layer in reversed(layers) if layer.folder is not None])
    task_paths = [layer.values["task"] for layer in layers if "task" in layer.values]
    models = _models(task_paths[-1] if task_paths else None)
    merged = MergedValues(layers, models)
    config = validate(lambda: PipelineConfig.model_validate(merged.values), models, file=path, origin=merged.origin)
    folder = path.resolve().parent
    check_own_modules(config.task, folder)
    spec = TaskSpec(task=config.task, options=config.options)
    task = validate(spec.load, models, file=path, origin=merged.origin)
    for key, gates in (("evaluate.gates", config.evaluate.gates), ("compress.gates", config.compress.gates)):
        check_gates(task, gates, slices=config.evaluate.slices, key=key)
    validate(config.predict_task, models, file=path, before="predict.options: ")
    check_predict(config.predict, config.compress)
    check_arguments(config.beam)
    check_nodes(config.local, config.kubeflow, config.node_names())
    schema = read_schema(config.schema_file) if config.schema_file else None
    check_features(config.evaluate, config.data_gate, task, schema)
    _check_space(config, path, models)
    _check_recipes(config, path, models)
    return config.model_copy(update={"root": config.root or folder / "output" / config.name})


def load_task(config: PipelineConfig, path: Path | None = None) -> Task:
    """The config's task. Raises ConfigError for wrong options, TaskNotFoundError for a wrong path."""
    spec = TaskSpec(task=config.task, options=config.options)
    return validate(spec.load, _models(config.task), file=path)


def _models(task: Any) -> dict[str, type[BaseModel]]:
    """The models of a config's keys by section, as `validate` takes them; whoever loads a wrong task says so."""
    models: dict[str, type[BaseModel]] = {"": PipelineConfig, "train": TrainOptions}
    with suppress(TaskNotFoundError):
        models["options"] = task_class(str(task)).Options
    return models


def _check_space(config: PipelineConfig, path: Path, models: Mapping[str, type[BaseModel]]) -> None:
    """Raises ConfigError where a hyperparameter could take a value that the config could not."""
    spec = TaskSpec(task=config.task, options=config.options)
    for key, values in config.tune.space.items() if config.tune else ():
        for value in values.extremes():
            make = partial(with_values, spec, config.train, {key: value})
            validate(make, models, file=path, before=f"tune.space, {key}={value!r}: ")


def _check_recipes(config: PipelineConfig, path: Path, models: Mapping[str, type[BaseModel]]) -> None:
    """Raises ConfigError where a recipe's student could not be made, RecipeError where its model does not suit."""
    spec = TaskSpec(task=config.task, options=config.options)
    task = spec.load()
    for recipe in config.compress.variants:
        if not isinstance(recipe, Recipe):
            continue
        check_recipe(recipe, task)
        if recipe.distil is not None:
            make = partial(with_values, spec, config.train, recipe.distil.student)
            student, _ = validate(make, models, file=path, before=f"{recipe.name}, distil.student: ")
            check_student(recipe, task, student.load())
