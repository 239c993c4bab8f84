"""The Task contract: everything that the pipeline has to know of a problem, one place each.

The pipeline knows no problem; it calls these methods from the components. A task is made in every step anew, from its
dotted path and its options, so that a step can run in another process or on another machine. Methods that run inside
a graph say so; what a method does not say is up to the task: images, windows of a series or whole episodes all pass.
"""

import abc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from tasks.aspects import Aspect
from tasks.options import TaskOptions

if TYPE_CHECKING:
    import keras
    import numpy as np
    import tensorflow as tf
    from tensorflow_metadata.proto.v0 import schema_pb2

    from compression.recipe import DistillationOptions
    from data.source import Source
    from training.hooks import Hook
    from training.objective import Objective
    from training.writers import Writer


@dataclass(frozen=True, kw_only=True)
class EvalMetric:
    """A metric that TFMA computes, under the name that gates, reports and the run record use.

    Attributes:
      name: unique in the task.
      class_name: of a metric that TFMA knows, which are its own and those of Keras 2; or of `module`. One of Keras 3
        is told of labels `[batch, ...]` as the raw examples hold them and of predictions `[batch, ...]`, and gives one
        number.
      config: keyword arguments of that class, besides `name`.
      module: where the class lives, such as a module of yours or `keras.metrics`.
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
    # Raw features that metrics alone read beside it, which clients do not send either.
    evaluation_keys: ClassVar[tuple[str, ...]] = ()
    # Key of `predictions` that TFMA compares with the label.
    prediction_key: ClassVar[str]

    # Which options the methods of an aspect read, by name; an aspect that is not listed reads all. A step is given
    # these alone, and runs again when one of them changes; see `tasks.options_read` for what subclasses read.
    reads: ClassVar[Mapping[Aspect, tuple[str, ...]]] = {}
    # Steps of compression recipes (see `compression.recipe`) that the models do not allow, and the reason of each, as
    # it goes on after "where".
    refused_changes: ClassVar[Mapping[str, str]] = {}

    # What must be equal of two models, besides classes and the shape of `prediction_key`, for their metrics on the same
    # examples to be compared: keys of `serving_metadata`, and inputs whose shape the raw examples decide.
    compared_metadata: ClassVar[tuple[str, ...]] = ()
    compared_inputs: ClassVar[tuple[str, ...]] = ()

    def __init__(self, options: TaskOptions) -> None:
        self.options = options

    def resolved_options(self) -> TaskOptions:
        """The options with what only this machine knows made explicit, such as the names of folders: steps that run
        elsewhere get these."""
        return self.options

    # -- data: source, repairs, example_defect and allowed_unreadable are of the aspect source ------------------------

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

    def allowed_unreadable(self) -> float:
        """Largest share of the examples that may be unreadable, and are then left out, counted among the repairs."""
        return 0.0

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
        from compression.changes.distillation import DistillationObjective
        from training.losses import OutputDifference

        loss = OutputDifference()
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
