"""The Task contract: everything that the pipeline has to know of a problem, one place each.

The pipeline knows no problem; it calls these methods from the components. A task is made in every step anew, from its
dotted path and its options, so that a step can run in another process or on another machine. Methods that run inside
a graph say so; what a method does not say is up to the task: images, windows of a series or whole episodes all pass.
"""

import abc
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, TypeAdapter

if TYPE_CHECKING:
    import keras
    import numpy as np
    import tensorflow as tf
    from tensorflow_metadata.proto.v0 import schema_pb2

    from compression.distillation_options import DistillationOptions
    from data.source import Source
    from training.hooks import Hook
    from training.objective import Objective
    from training.writers import Writer


# What a step asks a task for, and the methods that answer. Methods in none of these may answer anything.
Aspect: TypeAlias = Literal["source", "schema", "preprocessing", "training", "evaluation", "serving"]
METHODS: Mapping[Aspect, frozenset[str]] = {
    "source": frozenset({"source", "repairs", "example_defect"}),
    "schema": frozenset({"schema"}),
    "preprocessing": frozenset({"preprocessing_fn"}),
    "training": frozenset(
        {"model", "to_batch", "training_model", "exported_model", "adapt", "batches", "train_batches", "objective"}
        | {"examples_per_epoch", "distillation_objective", "summaries", "representative_sample"}
    ),
    "evaluation": frozenset({"metrics", "example_metric", "as_targets"}),
    "serving": frozenset({"model_inputs", "checked_inputs", "predictions", "endpoints", "serving_metadata"}),
}


class UndeclaredOptionError(RuntimeError):
    """A step read an option that its task does not list for it, and would not run again when that option changes."""

    title = "Wrong task"
    exit_code = 2


class TaskOptions(BaseModel):
    """Base of every task's options: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def validate_part(cls, values: Mapping[str, Any]) -> "TaskOptions":
        """Options of which only these are given, each checked by itself; asking for another raises
        UndeclaredOptionError. Validators of several options, which were satisfied by the whole, are not asked again.

        Raises:
          pydantic.ValidationError: a value that the option may not have.
        """
        checked = {}
        for name, value in values.items():
            info = cls.model_fields[name]
            checked[name] = TypeAdapter(Annotated[info.annotation, info]).validate_python(value)
        # As `model_construct`, which would fill in the defaults of those that are not given.
        part = cls.__new__(cls)
        object.__setattr__(part, "__dict__", checked)
        object.__setattr__(part, "__pydantic_fields_set__", set(checked))
        object.__setattr__(part, "__pydantic_extra__", None)
        object.__setattr__(part, "__pydantic_private__", None)
        if cls.__pydantic_post_init__:
            part.model_post_init(None)
        return part

    def model_dump(self, **options: Any) -> dict[str, Any]:
        self._check_given(options.get("include"), options.get("exclude"))
        return super().model_dump(**options)

    def model_dump_json(self, **options: Any) -> str:
        self._check_given(options.get("include"), options.get("exclude"))
        return super().model_dump_json(**options)

    def __iter__(self) -> Any:
        self._check_given()
        return super().__iter__()

    def _check_given(self, include: Any = None, exclude: Any = None) -> None:
        """Raises UndeclaredOptionError where one of these was not given."""
        for name in set(type(self).model_fields if include is None else include) - set(exclude or ()):
            getattr(self, name)

    def __getattr__(self, name: str) -> Any:
        # Called only for what is not there.
        if name in type(self).model_fields:
            raise UndeclaredOptionError(
                f"a step must read those options alone that Task.reads lists for it. Received: {name} of "
                f"{type(self).__name__}, where {', '.join(self.__dict__) or 'none'} are listed. Add {name!r} to the "
                f"task's `reads`."
            )
        return super().__getattr__(name)


@dataclass(frozen=True, kw_only=True)
class EvalMetric:
    """A metric that TFMA computes, under the name that gates, reports and the run record use.

    Attributes:
      name: unique in the task.
      class_name: of a metric of Keras, of TFMA, or of `module`.
      config: keyword arguments of that class, besides `name`.
      module: where the class lives, if neither in Keras nor in TFMA.
      higher_is_better: the direction that gates take.
      is_plot: a plot has no single value and can have no gate.
    """

    name: str
    class_name: str
    config: Mapping[str, Any] = field(default_factory=dict)
    module: str = ""
    higher_is_better: bool = True
    is_plot: bool = False


class Task(abc.ABC):
    """One kind of problem. A subclass names its `Options`; an instance holds them, checked."""

    Options: ClassVar[type[TaskOptions]]

    # Feature of a raw example that TFMA compares predictions with.
    label_key: ClassVar[str]
    # Key of `predictions` that TFMA compares with the label.
    prediction_key: ClassVar[str]

    # Which options the methods of an aspect read, by name; an aspect that is not listed reads all. A step is given
    # these alone, and runs again when one of them changes. A subclass that overrides a method of an aspect, or one that
    # any may use, and lists nothing of its own, reads all there.
    reads: ClassVar[Mapping[Aspect, tuple[str, ...]]] = {}
    # Steps of compression recipes (see `compression.recipe`) that the models do not allow, and the reason of each, as
    # it goes on after "where".
    refused_changes: ClassVar[Mapping[str, str]] = {}

    def __init__(self, options: TaskOptions) -> None:
        self.options = options

    def resolved_options(self) -> TaskOptions:
        """The options with what only this machine knows made explicit, such as the names of folders: steps that run
        elsewhere get these."""
        return self.options

    @classmethod
    def options_read(cls, aspects: Iterable[Aspect]) -> frozenset[str]:
        """Names of the options that the methods of these aspects read."""
        listing = next(each for each in cls.__mro__ if "reads" in vars(each))
        newer = cls.__mro__[: cls.__mro__.index(listing)]
        overridden = {name for each in newer for name, value in vars(each).items() if _is_method(name, value)}
        is_shared = not overridden <= frozenset().union(*METHODS.values())
        found: set[str] = set()
        for aspect in aspects:
            is_listed = aspect in cls.reads and not is_shared and overridden.isdisjoint(METHODS[aspect])
            found.update(cls.reads[aspect] if is_listed else cls.Options.model_fields)
        return frozenset(found)

    # -- data: source, repairs and example_defect are of the aspect source, the others of their own -------------------

    @abc.abstractmethod
    def source(self) -> "Source":
        """Where the raw examples come from."""

    def repairs(self) -> Mapping[str, int]:
        """How many of which repairs reading the source took, by what was wrong; the data gate reports them."""
        return {}

    @abc.abstractmethod
    def schema(self) -> "schema_pb2.Schema":
        """What a good raw example looks like; ExampleValidator reports and DataGate stops what departs from it."""

    def example_defect(self, example: "tf.train.Example") -> str | None:
        """What is wrong with one raw example that a schema cannot say, in one line; None if nothing is."""
        return None

    @abc.abstractmethod
    def preprocessing_fn(self, inputs: "Mapping[str, tf.Tensor | tf.SparseTensor]") -> "dict[str, tf.Tensor]":
        """Transform's function of raw features `{name: [batch, ...]}`; its graph is exported with the model."""

    # -- training --------------------------------------------------------------------------------------------------

    @abc.abstractmethod
    def model(self) -> "keras.Model":
        """An untrained functional model from named inputs to a dictionary of named outputs."""

    @abc.abstractmethod
    def to_batch(self, features: "dict[str, tf.Tensor]") -> Any:
        """Maps a batch of transformed features to what `objective` takes; runs inside a graph."""

    def interface(self) -> dict[str, Any]:
        """What decides the model's inputs and outputs, JSON-serializable and known without TensorFlow: a student whose
        task differs in it from its teacher's is refused."""
        return {}

    def training_model(self, model: "keras.Model") -> "keras.Model":
        """What is trained in place of `model`, sharing its weights: with outputs that only the objective needs."""
        return model

    def exported_model(self, model: "keras.Model") -> "keras.Model":
        """What is exported and converted in place of the trained `model`: the same outputs, for less."""
        return model

    def adapt(self, model: "keras.Model", files: Sequence[str], *, feature_spec: Mapping[str, Any]) -> "keras.Model":
        """The model with what it holds of the train split without training, such as a scaler that Transform fitted.

        Args:
          model: of `model`, before training.
          files: patterns of what Transform wrote of the train split.
          feature_spec: of them.
        """
        return model

    def load_model(self, path: str) -> "keras.Model":
        """A trained model; see `models.loading.load_model`. Override it where layers are defined elsewhere."""
        from models.loading import load_model

        return load_model(path)

    def batches(self, files: Sequence[str], *, feature_spec: Mapping[str, Any], batch_size: int) -> "tf.data.Dataset":
        """What `objective` is given in evaluation; see `training.input.read_examples`.

        Override it, `train_batches` and `examples_per_epoch` where an example is not a stored one but cut or drawn from
        several: windows of a series, episodes of a few classes.
        """
        from training.input import read_examples

        return read_examples(files, feature_spec=feature_spec, batch_size=batch_size, to_batch=self.to_batch)

    def train_batches(
        self,
        files: Sequence[str],
        *,
        feature_spec: Mapping[str, Any],
        batch_size: int,
        seed: int,
        steps_per_epoch: int,
    ) -> "Callable[[int], tf.data.Dataset]":
        """What `objective` is given in training; see `training.input.read_shuffled_examples`."""
        from training.input import read_shuffled_examples

        return read_shuffled_examples(
            files,
            feature_spec=feature_spec,
            batch_size=batch_size,
            to_batch=self.to_batch,
            seed=seed,
            steps_per_epoch=steps_per_epoch,
        )

    def examples_per_epoch(self, files: Sequence[str]) -> int:
        """How many training examples make an epoch."""
        from training.input import count_examples

        return count_examples(files)

    @abc.abstractmethod
    def objective(self) -> "Objective":
        """What a training step minimizes and what it reports."""

    def distillation_objective(self, teacher: "keras.Model", options: "DistillationOptions") -> "Objective":
        """What a student minimizes: `objective`, of which a share is to agree with its teacher; here by the mean
        squared difference of their outputs.

        Args:
          teacher: a trained model of the same `interface`.
          options: of the recipe.
        """
        from compression.distillation import DistillationObjective, mean_squared_difference

        loss = mean_squared_difference
        return DistillationObjective(self.objective(), teacher=teacher, loss=loss, weight=options.weight)

    def summaries(self, writer: "Writer", sample: Any, *, every_epochs: int) -> "Sequence[Hook]":
        """Hooks that write for TensorBoard what the model makes of a batch of the eval split."""
        return ()

    # -- evaluation ------------------------------------------------------------------------------------------------

    @abc.abstractmethod
    def metrics(self) -> tuple[EvalMetric, ...]:
        """What TFMA computes, the most important first, for the SavedModel and for each TFLite file alike."""

    @abc.abstractmethod
    def example_metric(self, targets: Any, outputs: "Mapping[str, Any]") -> Any:
        """The first of `metrics` for each example of its own, `[example]`, for targets as in `to_batch` and the model's
        outputs `{name: [example, ...]}`: what converted files are chosen by on the eval split."""

    @abc.abstractmethod
    def as_targets(self, outputs: "Mapping[str, Any]") -> Any:
        """Targets that `example_metric` finds these outputs right by: how well two models agree is measured so."""

    # -- serving ---------------------------------------------------------------------------------------------------

    @abc.abstractmethod
    def model_inputs(self, features: "dict[str, tf.Tensor]") -> "dict[str, tf.Tensor]":
        """The model's inputs out of transformed features, `{name: [batch, ...]}`; runs inside a graph."""

    def checked_inputs(self, inputs: "Mapping[str, tf.Tensor]") -> "dict[str, tf.Tensor]":
        """The model's inputs as a client sent them; runs inside a graph, which raises InvalidArgumentError here for
        what must not be answered, NaN and infinity at least: servers report that as the client's error."""
        from tasks.finite import finite

        return finite(inputs)

    @abc.abstractmethod
    def predictions(self, outputs: "Mapping[str, tf.Tensor]") -> "dict[str, tf.Tensor]":
        """What a client gets, out of the model's named outputs; runs inside a graph."""

    def endpoints(self, model: "keras.Model") -> "Mapping[str, tuple[Any, list[Any]]]":
        """Signatures beyond the three that every model has: {name: (function, its TensorSpecs)}."""
        return {}

    def serving_metadata(self) -> dict[str, Any]:
        """What a client has to know besides the signature, JSON-serializable; shipped with the TFLite files."""
        return {}

    def labels(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the outputs; empty where there are none. Shipped as `labels.txt`."""
        return ()

    def representative_sample(self, inputs: "Mapping[str, np.ndarray]", size: int) -> "dict[str, np.ndarray]":
        """`size` examples for calibration out of the train split's model inputs, `{name: [example, ...]}`.

        They are in the order in which Transform wrote them; override it where that order is not a fair sample.
        """
        return {name: values[:: max(1, len(values) // size)][:size] for name, values in inputs.items()}


def _is_method(name: str, value: Any) -> bool:
    """Or a property, however it is wrapped; not a class, such as `Options`."""
    is_called = callable(value) or hasattr(value, "__get__")
    return not name.startswith("__") and is_called and not inspect.isclass(value)
