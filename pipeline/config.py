"""The config: one YAML file a pipeline, checked before anything runs.

Needs no TensorFlow, so that a mistake is told in a fraction of a second.
"""

import importlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError, model_validator

from components.trainer.start_options import StartOptions
from components.tuner.options import TuneOptions, with_values
from compression.choice import Budgets
from compression.recipe import Precision, Recipe
from data.local_path import is_uri
from pipeline.config_checks import check_names
from pipeline.errors import ConfigError
from pipeline.source_tree import ROOMS
from tasks.base import Task
from tasks.evaluation import MetricGate, check_gates
from tasks.loading import TaskSpec
from tasks.recipe_checks import check_recipe, check_student
from training.options import TrainOptions


class Section(BaseModel):
    """Frozen; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DataGateConfig(Section):
    """What a dataset must be before anything is trained on it."""

    min_examples: dict[Literal["train", "eval", "test"], NonNegativeInt] = Field(
        default_factory=lambda: {"train": 1, "eval": 1, "test": 1}, description="Fewest examples of each split."
    )
    max_mean: dict[str, float] = Field(
        default_factory=dict, description="Highest mean of a numeric feature in any split, such as {missing: 0.05}."
    )
    ignore_anomalies: tuple[str, ...] = Field((), description="Features whose anomalies are reported but stop nothing.")


class EvaluateConfig(Section):
    """TFMA's judgement of the SavedModel and its limits."""

    slices: tuple[str, ...] = Field((), description="Raw features to slice by, each on its own.")
    gates: dict[str, MetricGate] = Field(
        min_length=1, description="Limits by metric. Without any, no model would be refused; so one is required."
    )


class CompressConfig(Section):
    """The TFLite variants and the limits of the converted files."""

    variants: tuple[Precision | Recipe, ...] = Field(
        ("float32", "float16", "dynamic", "int8"),
        min_length=1,
        description="Precisions of the trained model, and recipes that change it and train it further.",
    )
    calibration_examples: int = Field(256, ge=1, description="Train examples that int8 ranges are measured on.")
    select_ops: tuple[Annotated[str, Field(pattern=r"^tf\.")], ...] = Field(
        (), description="Ops such as tf.Qr that TFLite lacks and files may need; devices then need its Flex delegate."
    )
    budgets: Budgets = Field(default_factory=Budgets, description="What the variant that is chosen may cost.")
    gates: dict[str, MetricGate] = Field(
        default_factory=dict, description="Limits by metric, for every variant; max_worsening is against float32."
    )

    @model_validator(mode="after")
    def _float32_is_there(self) -> "CompressConfig":
        names = [variant if isinstance(variant, str) else variant.name for variant in self.variants]
        if "float32" not in self.variants or len(set(names)) != len(names):
            raise ValueError(
                f"variants must hold float32, which the others are compared with, and each variant once. "
                f"Received: {names}."
            )
        recipes = [variant for variant in self.variants if isinstance(variant, Recipe)]
        distinct = {
            json.dumps([variant.source(), variant.precision, sorted(variant.keep_float)]) for variant in recipes
        }
        if len(distinct) != len(recipes):
            raise ValueError(f"Two recipes of compress.variants must differ in more than the name. Received: {names}.")
        compared = [name for name, gate in self.gates.items() if gate.max_worsening is not None]
        if compared and names == ["float32"]:
            raise ValueError(
                f"compress.gates can limit max_worsening where there is a variant beside float32, which it is against. "
                f"Received: variants {names}, max_worsening of {', '.join(compared)}. Add a variant or drop the limit."
            )
        return self


class ServingCheckConfig(Section):
    """How the exported files are compared with the trained model."""

    examples: int = Field(64, ge=1, description="Test examples that are sent.")
    max_difference: float = Field(
        1e-4, gt=0, description="Of any output of the SavedModel or the float32 file from the trained model's."
    )


class PushConfig(Section):
    """Where a model goes that passed every gate."""

    registry: str | None = Field(None, description="Directory of the registry; default: ROOT/registry.")
    stage: Literal["candidate", "canary", "production"] = "production"


class NodeResources(Section):
    """What one node gets on Kubeflow."""

    cpu: str | None = Field(None, description="As Kubernetes writes it, such as 500m or 4.")
    memory: str | None = Field(None, description="As Kubernetes writes it, such as 8Gi.")
    accelerator: str | None = Field(None, description="Resource name, such as nvidia.com/gpu or google.com/tpu.")
    accelerator_count: int = Field(1, ge=1)
    pool: str | None = Field(None, description="One of kubeflow.node_pools.")
    retries: int = Field(0, ge=0, description="How often a failed or evicted node starts again; trainings go on.")


class Toleration(Section):
    """A Kubernetes toleration."""

    key: str
    operator: Literal["Equal", "Exists"] = "Equal"
    value: str | None = None
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None


class NodePool(Section):
    """Machines that a node may be put on."""

    node_selector: dict[str, str] = Field(min_length=1)
    tolerations: tuple[Toleration, ...] = ()


class KubeflowConfig(Section):
    """What `slipway compile` needs."""

    image: str = Field(description="The image built from the Dockerfile, with its tag.")
    pipeline_root: str = Field(description="Where artifacts go, such as gs://bucket/slipway or a mounted path.")
    node_pools: dict[str, NodePool] = Field(default_factory=dict)
    default: NodeResources = Field(default_factory=NodeResources)
    nodes: dict[str, NodeResources] = Field(default_factory=dict, description="By node, such as Trainer.")

    @model_validator(mode="after")
    def _pools_exist(self) -> "KubeflowConfig":
        for name, node in {"default": self.default, **self.nodes}.items():
            if node.pool is not None and node.pool not in self.node_pools:
                raise ValueError(
                    f"nodes.{name}.pool must be one of node_pools ({', '.join(self.node_pools) or 'none is defined'}). "
                    f"Received: {node.pool!r}."
                )
        return self


class PipelineConfig(Section):
    """A whole pipeline."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,62}$", description="Lower-case; names the root and the model.")
    seed: int = Field(0, ge=0, description="Of initial weights, shuffling and augmentation.")
    task: str = Field(description="Dotted path of a Task class, shipped or in a module beside the config.")
    options: dict[str, Any] = Field(default_factory=dict, description="The task's own options, checked by the task.")
    data_gate: DataGateConfig = Field(default_factory=DataGateConfig)
    train: TrainOptions = Field(default_factory=TrainOptions)
    start: StartOptions | None = Field(None, description="A trained model to start from; default: weights drawn anew.")
    tune: TuneOptions | None = Field(None, description="Search hyperparameters before training; default: no search.")
    evaluate: EvaluateConfig
    compress: CompressConfig = Field(default_factory=CompressConfig)
    serving_check: ServingCheckConfig = Field(default_factory=ServingCheckConfig)
    push: PushConfig = Field(default_factory=PushConfig)
    beam_args: tuple[str, ...] = Field((), description="Arguments of Beam's runner, such as --runner=FlinkRunner.")
    kubeflow: KubeflowConfig | None = None

    def task_spec(self) -> TaskSpec:
        """The task as it travels to the steps, options completed by their defaults and by what this machine knows."""
        options = load_task(self).resolved_options()
        return TaskSpec(task=self.task, options=options.model_dump(mode="json"))


def load_config(path: Path) -> PipelineConfig:
    """Reads and checks a config, the task's options included; relative paths in the options start at its folder.

    Modules beside the config become importable, so that `task` can name the user's own.

    Raises:
      ConfigError: names the key, the rule and what was received.
    """
    try:
        raw = yaml.safe_load(path.read_text())
    except OSError as error:
        raise ConfigError(f"A config must be a readable YAML file. Received: {path} ({error.strerror}).") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"A config must be YAML. Received: {path}, which is not: {error}") from None
    if not isinstance(raw, dict):
        raise ConfigError(f"A config must be a mapping of keys. Received: {path}, which holds {type(raw).__name__}.")
    _make_importable(path.resolve().parent)
    config = _validated(
        lambda: PipelineConfig.model_validate(_with_absolute_paths(raw, path.resolve().parent)), path, ""
    )
    task = load_task(config, path)
    for key, gates in (("evaluate.gates", config.evaluate.gates), ("compress.gates", config.compress.gates)):
        check_gates(task, gates, slices=config.evaluate.slices, key=key)
    check_names(config, task)
    _check_space(config, path)
    _check_recipes(config, path)
    return config


def _check_space(config: PipelineConfig, path: Path) -> None:
    """Raises ConfigError where a hyperparameter could take a value that the config could not."""
    for key, values in config.tune.space.items() if config.tune else ():
        for value in values.extremes():
            spec = TaskSpec(task=config.task, options=config.options)
            _validated(lambda: with_values(spec, config.train, {key: value}), path, f"tune.space, {key}={value!r}: ")  # noqa: B023


def _check_recipes(config: PipelineConfig, path: Path) -> None:
    """Raises ConfigError where a recipe's student could not be made, RecipeError where its model does not suit."""
    task, spec = load_task(config, path), TaskSpec(task=config.task, options=config.options)
    for recipe in config.compress.variants:
        if not isinstance(recipe, Recipe):
            continue
        check_recipe(recipe, task)
        if recipe.distil is not None:
            values = recipe.distil.student
            student, _ = _validated(
                lambda: with_values(spec, config.train, values),  # noqa: B023
                path,
                f"{recipe.name}, distil.student: ",
            )
            check_student(recipe, task, student.load())


def load_task(config: PipelineConfig, path: Path | None = None) -> Task:
    """The config's task. Raises ConfigError for wrong options, TaskNotFoundError for a wrong path."""
    spec = TaskSpec(task=config.task, options=config.options)
    return _validated(spec.load, path, "options.")


def _make_importable(folder: Path) -> None:
    # Ours first: `data` beside a config is many a user's folder of files, and would be taken for our package.
    for room in ROOMS:
        importlib.import_module(room)
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _validated(build: Any, path: Path | None, prefix: str) -> Any:
    try:
        return build()
    except ValidationError as error:
        lines = [_complaint(complaint, prefix) for complaint in error.errors()]
        where = f"{path}: " if path else ""
        more = f"\n  ({len(lines)} mistakes)" if len(lines) > 1 else ""
        raise ConfigError(where + "\n  ".join(["", *lines] if len(lines) > 1 else lines) + more) from None


def _complaint(error: Mapping[str, Any], prefix: str) -> str:
    """One mistake as: key: rule. Received: value."""
    key = prefix + ".".join(str(part) for part in error["loc"])
    rules = {"extra_forbidden": "no such key; `slipway config schema` lists them", "missing": "this key is required"}
    rule = rules.get(error["type"], error["msg"].removeprefix("Value error, "))
    received = "" if error["type"] == "missing" or "Received:" in rule else f". Received: {error['input']!r}"
    return f"{key}: {rule}{received}"


def _with_absolute_paths(raw: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The raw config with the paths in `options.source.directory` and `.file` resolved against the config's folder."""
    options = raw.get("options")
    source = options.get("source") if isinstance(options, dict) else None
    if not isinstance(source, dict):
        return raw
    given = {key: source[key] for key in ("directory", "file") if isinstance(source.get(key), str)}
    resolved = {key: str(folder / Path(path).expanduser()) for key, path in given.items() if not is_uri(path)}
    return {**raw, "options": {**options, "source": {**source, **resolved}}}
