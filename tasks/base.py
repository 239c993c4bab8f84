"""The Task contract: what the pipeline has to know of a problem, one method for each thing.

The pipeline itself knows no problem: its components call these methods. Each step makes the task anew, out of its
dotted path and its options, so that a step can run in another process or on another machine. Methods that run inside a
graph say so. What an example is, an image, a window of a series or a whole episode, is up to the task.
"""

import abc
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from tasks.aspects import Aspect
from tasks.eval_metric import EvalMetric
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


class Task(abc.ABC):
    """One kind of problem. A subclass names the class of its options; an instance holds checked options.

    Where a method takes them, `files` are paths or patterns of what Transform wrote of one split, `feature_spec` is the
    parsing spec of the transformed features, and `batch_size` is the number of examples in a batch.
    """

    Options: ClassVar[type[TaskOptions]]

    # Raw feature that TFMA compares predictions with; clients do not send it.
    label_key: ClassVar[str]
    # Raw features that only metrics read, beside the label; clients do not send them either.
    evaluation_keys: ClassVar[tuple[str, ...]] = ()
    # Key of `predictions` that TFMA compares with the label.
    prediction_key: ClassVar[str]
    # Whether test examples share what is predicted, as windows of a series do: no test may take them for independent.
    overlapping_examples: ClassVar[bool] = False

    # {aspect: names of the options that its methods read}; an aspect that is not listed reads all options. A step is
    # given the options of its aspects alone and runs again when one of them changes. What subclasses read: see
    # `tasks.options_read`.
    reads: ClassVar[Mapping[Aspect, tuple[str, ...]]] = {}
    # {step of a compression recipe that the model does not allow: the reason, as it goes on after "where"}; the steps
    # are fields of `compression.recipe.Recipe`.
    refused_changes: ClassVar[Mapping[str, str]] = {}

    # Metrics of two models are compared if their classes and the shape of their `prediction_key` are equal, and these
    # too: values of `serving_metadata`, by key, and shapes of model inputs, by name.
    compared_metadata: ClassVar[tuple[str, ...]] = ()
    compared_inputs: ClassVar[tuple[str, ...]] = ()

    def __init__(self, options: TaskOptions) -> None:
        self.options = options

    def resolved_options(self) -> TaskOptions:
        """The options for steps that may run on another machine: what only this one knows, such as names of folders, is
        written out."""
        return self.options

    # -- data: source, repairs, example_defect and allowed_unreadable are of the aspect source ------------------------

    @abc.abstractmethod
    def source(self) -> "Source":
        """Where the raw examples come from."""

    def repairs(self) -> Mapping[str, int]:
        """{what was wrong in the source: how many times it was repaired}; the data gate reports them."""
        return {}

    @abc.abstractmethod
    def schema(self) -> "schema_pb2.Schema":
        """What a good raw example looks like; ExampleValidator reports, and DataGate refuses, what departs from it."""

    def example_defect(self, example: "tf.train.Example") -> str | None:
        """What is wrong with a raw example that a schema cannot find, in one line; None if nothing is wrong."""
        return None

    def allowed_unreadable(self) -> float:
        """Largest share of the examples, 0 to 1, that may be unreadable: those are left out, and counted as repairs."""
        return 0.0

    @abc.abstractmethod
    def preprocessing_fn(self, inputs: "Mapping[str, tf.Tensor | tf.SparseTensor]") -> "dict[str, tf.Tensor]":
        """Transformed features out of raw features, both `{name: [batch, ...]}`; see TensorFlow Transform. Its graph is
        exported with the model."""

    # -- training --------------------------------------------------------------------------------------------------

    @abc.abstractmethod
    def model(self) -> "keras.Model":
        """An untrained functional model from named inputs to a dictionary of named outputs."""

    @abc.abstractmethod
    def to_batch(self, features: "dict[str, tf.Tensor]") -> Any:
        """What `objective` takes, out of transformed features `{name: [batch, ...]}`; runs inside a graph."""

    def interface(self) -> dict[str, Any]:
        """What decides the model's inputs and outputs, JSON-serializable and known without TensorFlow.

        A student whose interface is not its teacher's is refused.
        """
        return {}

    def training_model(self, model: "keras.Model") -> "keras.Model":
        """The model to train in place of `model`, with the same weights and what only the objective needs beside."""
        return model

    def exported_model(self, model: "keras.Model") -> "keras.Model":
        """The model to export and convert in place of the trained `model`: the same outputs for less computation."""
        return model

    def with_train_statistics(
        self, model: "keras.Model", files: Sequence[str], *, feature_spec: Mapping[str, Any]
    ) -> "keras.Model":
        """The untrained model with statistics of the train split set in it, such as a scaler that Transform fitted."""
        return model

    def load_model(self, path: str) -> "keras.Model":
        """A trained model from a .keras file; see `models.loading.load_model`.

        Override it for layers that are defined outside of `models`: Keras knows them only once they are imported.
        """
        from models.loading import load_model

        return load_model(path)

    def batches(self, files: Sequence[str], *, feature_spec: Mapping[str, Any], batch_size: int) -> "tf.data.Dataset":
        """Batches for `objective` in evaluation, the same each time; see `training.input.read_examples`.

        Override this, `train_batches` and `examples_per_epoch` where examples are not stored but cut or drawn out of
        what is: windows of a series, episodes of a few classes.
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
        """A function from steps done to the training batches that follow, without end.

        The same `seed` gives the same batches; see `training.input.read_shuffled_examples`.
        """
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
        """How many training examples count as an epoch, of what Transform wrote of the train split."""
        from training.input import count_examples

        return count_examples(files)

    @abc.abstractmethod
    def objective(self) -> "Objective":
        """What a training step minimizes and what it reports."""

    def distillation_objective(self, teacher: "keras.Model", options: "DistillationOptions") -> "Objective":
        """What a student minimizes: a weighted sum of `objective` and its distance from its teacher.

        Here the distance is the mean squared difference of their outputs. The teacher has the same `interface`.
        """
        from compression.changes.distillation import DistillationObjective
        from training.losses import OutputDifference

        loss = OutputDifference()
        return DistillationObjective(self.objective(), teacher=teacher, loss=loss, weight=options.weight)

    def summaries(self, writer: "Writer", sample: Any, *, every_epochs: int) -> "Sequence[Hook]":
        """Hooks that write to TensorBoard what the model makes of `sample`, a batch of the eval split."""
        return ()

    # -- evaluation ------------------------------------------------------------------------------------------------

    @abc.abstractmethod
    def metrics(self) -> tuple[EvalMetric, ...]:
        """Metrics that TFMA computes of the SavedModel and of each TFLite file, the most important one first."""

    @abc.abstractmethod
    def example_metric(self, targets: Any, outputs: "Mapping[str, Any]") -> Any:
        """The first of `metrics` of each example by itself, `[example]`; converted files are chosen by its mean.

        Args:
          targets: targets as `to_batch` gives them.
          outputs: outputs of the model, `{name: [example, ...]}`.
        """

    @abc.abstractmethod
    def as_targets(self, outputs: "Mapping[str, Any]") -> Any:
        """Targets for which `example_metric` finds these outputs right, `{name: [example, ...]}`.

        By them `example_metric` measures how well the outputs of another model agree with these.
        """

    # -- serving ---------------------------------------------------------------------------------------------------

    @abc.abstractmethod
    def model_inputs(self, features: "dict[str, tf.Tensor]") -> "dict[str, tf.Tensor]":
        """Inputs of the model out of transformed features, both `{name: [batch, ...]}`; runs inside a graph."""

    def checked_inputs(self, inputs: "Mapping[str, tf.Tensor]") -> "dict[str, tf.Tensor]":
        """The inputs that a client sent for the model, `{name: [batch, ...]}`, checked; runs inside a graph.

        The graph raises InvalidArgumentError, which servers report as the client's error, for what must not be
        answered: NaN and infinity at least.
        """
        from tasks.finite import require_finite

        return require_finite(inputs)

    @abc.abstractmethod
    def predictions(self, outputs: "Mapping[str, tf.Tensor]") -> "dict[str, tf.Tensor]":
        """What a client gets, out of outputs of the model, both `{name: [batch, ...]}`; runs inside a graph."""

    def endpoints(self, model: "keras.Model") -> "Mapping[str, tuple[Any, list[Any]]]":
        """Signatures beside the three that every model has: `{name: (function, TensorSpecs of its arguments)}`."""
        return {}

    def serving_metadata(self) -> dict[str, Any]:
        """What a client has to know beside the signature, JSON-serializable; it is shipped with the TFLite files."""
        return {}

    def labels(self) -> tuple[str, ...]:
        """Names of the classes in the order of the outputs, shipped as `labels.txt`; empty without classes."""
        return ()

    def representative_sample(self, inputs: "Mapping[str, np.ndarray]", size: int) -> "dict[str, np.ndarray]":
        """As many examples as `size` for calibration, out of inputs of the train split; both `{name: [example, ...]}`.

        They are evenly spaced. Override it where the order in which Transform wrote them makes that no fair sample.
        """
        return {name: values[:: max(1, len(values) // size)][:size] for name, values in inputs.items()}
