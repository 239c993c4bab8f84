"""A network with the inner loop around it, as one layer: episodes in, predictions after each step out."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf
from pydantic import TypeAdapter

from training.meta.inner_loop import Values, descend
from training.meta.losses import LOSSES, TaskLoss, mean_over
from training.meta.options import ANILOptions, CAVIAOptions, DifferentiatedOptions, FineTuningOptions, GradientOptions
from training.meta.options import GradientLearnerOptions as AnyOptions

# Name of the layer whose weights are a network's head.
HEAD = "head"
# Names of a network's inputs: the examples, the context variables, and what each example counts for in statistics.
X, CONTEXT, WEIGHT = "x", "context", "weight"

Episodes = Mapping[str, tf.Tensor]


@keras.saving.register_keras_serializable(package="slipway")
class GradientLearner(keras.layers.Layer):
    """Adapts a network to each task's support set and predicts its queries.

    Takes episodes: `support_x` `[task, shot, ...]`, `support_y` `[task, shot, output]` or, classes, `[task, shot]`,
    `support_weight` `[task, shot]` (0 for padding) and `query_x` `[task, query, ...]`. Gives `[task, step, query,
    output]`: what is predicted after 0, 1, … `options.last_step` steps. The tasks are computed side by side.

    MAML: Finn, Abbeel, Levine, ICML 2017. ANIL: Raghu et al., ICLR 2020. Meta-SGD: Li et al., 2017. Rates of each step:
    Antoniou, Edwards, Storkey, "How to train your MAML", ICLR 2019. CAVIA: Zintgraf et al., ICML 2019. Reptile: Nichol,
    Achiam, Schulman, 2018.

    Attributes:
      network: from `x`, and where it has them `context` and `weight`, to outputs; all `[example, ...]`.
      options: of the learner.
      loss: of support and query.
      is_vectorized: whether tasks are computed side by side or, to compare with, one after the other in one graph.
    """

    def __init__(
        self,
        *,
        network: keras.Model,
        options: AnyOptions | Mapping[str, Any],
        loss: TaskLoss,
        is_vectorized: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.network = network
        self.options: GradientOptions = TypeAdapter(AnyOptions).validate_python(options)
        self.loss = loss
        self._task_loss = LOSSES[loss]()
        self.is_vectorized = is_vectorized
        self._input_names = {tensor.name for tensor in network.inputs}
        if isinstance(self.options, CAVIAOptions) != (CONTEXT in self._input_names):
            raise ValueError(
                f"A network must have an input {CONTEXT} for the learner cavia, and for no other. Received: inputs "
                f"{sorted(self._input_names)} for {self.options}."
            )

    def build(self, input_shape: Any) -> None:
        options = self.options
        learned = options.learned_rates if isinstance(options, DifferentiatedOptions) else "none"
        shapes = [value.shape for value in self._start()]
        initial = keras.initializers.Constant(options.rate)
        self._step_rates = self._parameter_rates = None
        if learned == "step":
            self._step_rates = self.add_weight(
                name="step_rates", shape=(options.steps, len(shapes)), initializer=initial
            )
        elif learned == "parameter":
            self._parameter_rates = [
                self.add_weight(name=f"rates_{index}", shape=shape, initializer=initial)
                for index, shape in enumerate(shapes)
            ]

    def call(self, inputs: Episodes) -> tf.Tensor:
        return self.predictions(inputs, steps=range(self.options.last_step + 1))

    def predictions(self, episodes: Episodes, *, steps: Sequence[int]) -> tf.Tensor:
        """As the call, after the named steps only, which rise: `[task, step, query, output]`."""

        def of_task(task: Episodes) -> tf.Tensor:
            path = self._descent(task, steps[-1])
            return tf.stack([self._predict(path[step], task) for step in steps])

        return self._over_tasks(of_task, episodes)

    def adapt(self, support: Episodes) -> list[tf.Tensor]:
        """What `options.steps` steps make of what adapts, each `[task, ...]`; for CAVIA the one tensor is the context.

        Args:
          support: episodes, whose queries are not looked at.
        """
        return self._over_tasks(lambda task: self._descent(task, self.options.steps)[-1], support)

    def predict(self, adapted: Sequence[tf.Tensor], episodes: Episodes) -> tf.Tensor:
        """Predicts queries by what `adapt` gave: `[task, query, output]`.

        Args:
          adapted: of `adapt`.
          episodes: `query_x`; where the network normalizes by the support set, that too.
        """
        return self._over_tasks(lambda pair: self._predict(pair[0], pair[1]), (list(adapted), dict(episodes)))

    def start(self) -> list[tf.Tensor]:
        """What adapts, before it does: the same for each task."""
        return self._start()

    def compute_output_shape(self, input_shape: Mapping[str, Any]) -> tuple[int | None, ...]:
        tasks, queries = input_shape["query_x"][:2]
        return (tasks, self.options.last_step + 1, queries, self.network.output_shape[-1])

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "network": keras.saving.serialize_keras_object(self.network),
            "options": self.options.model_dump(mode="json"),
            "loss": self.loss,
            "is_vectorized": self.is_vectorized,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "GradientLearner":
        network = keras.saving.deserialize_keras_object(config["network"])
        return cls(**{**config, "network": network})

    def _over_tasks(self, function: Any, tasks: Any) -> Any:
        if self.is_vectorized:
            return tf.vectorized_map(function, tasks)
        count = tf.nest.flatten(tasks)[0].shape[0]
        results = [function(tf.nest.map_structure(lambda t, i=i: t[i], tasks)) for i in range(count)]
        return tf.nest.map_structure(lambda *parts: tf.stack(parts), *results)

    def _descent(self, task: Episodes, steps: int) -> list[Values]:
        options = self.options
        weight = task["support_weight"]

        def support_loss(values: Values) -> tf.Tensor:
            outputs = self._forward(values, task["support_x"], weight)
            return mean_over(self._task_loss(task["support_y"], outputs), weight)

        # Reptile's outer loop and fine-tuning's never look inside.
        is_first_order = not isinstance(options, DifferentiatedOptions) or options.is_first_order
        return descend(support_loss, self._start(), steps=steps, rates=self._rates, is_first_order=is_first_order)

    def _predict(self, values: Values, task: Episodes) -> tf.Tensor:
        query = task["query_x"]
        if WEIGHT not in self._input_names:
            return self._forward(values, query, None)
        ones = tf.ones(tf.shape(query)[:1], query.dtype)
        if self.options.statistics == "transductive":
            return self._forward(values, query, ones)
        examples = tf.concat([task["support_x"], query], axis=0)
        weight = tf.concat([task["support_weight"], 0 * ones], axis=0)
        return self._forward(values, examples, weight)[tf.shape(task["support_x"])[0] :]

    def _forward(self, values: Values, x: tf.Tensor, weight: tf.Tensor | None) -> tf.Tensor:
        weights = [variable.value for variable in self.network.trainable_variables]
        inputs = {X: x}
        if isinstance(self.options, CAVIAOptions):
            # Not values[0][None]: TFLite lacks the gradient of that.
            inputs[CONTEXT] = tf.tile(tf.expand_dims(values[0], 0), [tf.shape(x)[0], 1])
        else:
            for index, value in zip(self._adapted(), values, strict=True):
                weights[index] = value
        if WEIGHT in self._input_names:
            inputs[WEIGHT] = weight
        fixed = [variable.value for variable in self.network.non_trainable_variables]
        return self.network.stateless_call(weights, fixed, inputs, training=False)[0]

    def _start(self) -> list[tf.Tensor]:
        if isinstance(self.options, CAVIAOptions):
            return [tf.zeros([self.options.context], self.compute_dtype)]
        return [self.network.trainable_variables[index].value for index in self._adapted()]

    def _adapted(self) -> list[int]:
        """Which of the network's weights adapt."""
        options = self.options
        only_head = isinstance(options, ANILOptions) or (
            isinstance(options, FineTuningOptions) and options.adapts == "head"
        )
        head = {id(variable) for variable in self.network.get_layer(HEAD).variables}
        return [
            index
            for index, variable in enumerate(self.network.trainable_variables)
            if not only_head or id(variable) in head
        ]

    def _rates(self, step: int) -> Sequence[tf.Tensor | float]:
        if self._parameter_rates is not None:
            return [rates.value for rates in self._parameter_rates]
        if self._step_rates is not None:
            # Steps beyond those that were trained take the last one's.
            return tf.unstack(self._step_rates.value[min(step, self.options.steps - 1)])
        return [self.options.rate] * len(self._start())
