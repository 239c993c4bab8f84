"""A network with the inner loop around it, as one layer: episodes in, predictions after each step out."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from models.few_shot.names import CONTEXT, WEIGHT, X
from training.meta.inner_loop import Values, descend
from training.meta.inner_loop_options import InnerLoopOptions
from training.meta.learner import Episodes, Learner
from training.meta.losses import LOSSES, TaskLoss, mean_over


@keras.saving.register_keras_serializable(package="slipway")
class GradientLearner(Learner):
    """Adapts a network to each task's support set by gradient steps and predicts the task's queries.

    The call takes `Episodes` and gives predictions after 0, 1, … `options.last_step` steps, `[task, step, query,
    output]`. The tasks are computed side by side.

    MAML: Finn, Abbeel, Levine, ICML 2017. ANIL: Raghu et al., ICLR 2020. Meta-SGD: Li et al., 2017. Rates of each step:
    Antoniou, Edwards, Storkey, "How to train your MAML", ICLR 2019. CAVIA: Zintgraf et al., ICML 2019. Reptile: Nichol,
    Achiam, Schulman, 2018.

    Attributes:
      network: network from `x` and, where it has these inputs, `context` and `weight`, to outputs, all `[example,
        ...]`.
      options: the learner's options.
      loss: loss of the support examples.
      is_vectorized: whether tasks are computed side by side or, to compare with, one after the other in one graph.
    """

    def __init__(self, *, options: InnerLoopOptions, loss: TaskLoss, is_vectorized: bool = True, **kwargs: Any) -> None:
        """Raises:
        ValueError: the network has an input `context` and the learner no context variables, or the other way round.
        """
        super().__init__(**kwargs)
        self.options = options
        self.loss = loss
        self._task_loss = LOSSES[loss]()
        self.is_vectorized = is_vectorized
        self._input_names = {tensor.name for tensor in self.network.inputs}
        if bool(options.context_size) != (CONTEXT in self._input_names):
            raise ValueError(
                f"A network must have an input {CONTEXT} for a learner of context variables, and for no other. "
                f"Received: inputs {sorted(self._input_names)} for {options}."
            )

    def build(self, input_shape: Any) -> None:
        learned = self.options.outer_loop_learns_rates
        shapes = [value.shape for value in self.start()]
        initial = keras.initializers.Constant(self.options.rate)
        self._step_rates = self._parameter_rates = None
        if learned == "step":
            self._step_rates = self.add_weight(
                name="step_rates", shape=(self.options.steps, len(shapes)), initializer=initial
            )
        elif learned == "parameter":
            self._parameter_rates = [
                self.add_weight(name=f"rates_{index}", shape=shape, initializer=initial)
                for index, shape in enumerate(shapes)
            ]

    def call(self, inputs: Episodes) -> tf.Tensor:
        return self.predictions(inputs, steps=range(self.options.last_step + 1))

    def predictions(self, episodes: Episodes, *, steps: Sequence[int], training: bool = False) -> tf.Tensor:
        """As `Learner.predictions`; the inner loop reads running statistics and never updates them."""

        def predict_task(task: Episodes) -> tf.Tensor:
            path = self._descend(task, steps[-1])
            return tf.stack([self._predict(path[step], task) for step in steps])

        return self._over_tasks(predict_task, episodes)

    def adapt(self, support: Episodes) -> list[tf.Tensor]:
        """What adapts, as `options.steps` steps leave it, tensors `[task, ...]`: context variables first, if there are
        any, then weights."""
        return self._over_tasks(lambda task: self._descend(task, self.options.steps)[-1], support)

    def predict(self, adapted: Sequence[tf.Tensor], episodes: Episodes) -> tf.Tensor:
        return self._over_tasks(lambda pair: self._predict(pair[0], pair[1]), (list(adapted), dict(episodes)))

    def start(self) -> list[tf.Tensor]:
        """What adapts, before the first step: the same for each task."""
        size = self.options.context_size
        context = [tf.zeros([size], self.compute_dtype)] if size else []
        return [*context, *(self.network.trainable_variables[index].value for index in self._adapted_weights())]

    @property
    def adapted_parameters(self) -> int:
        return sum(value.shape.num_elements() for value in self.start())

    @property
    def context_size(self) -> int:
        return self.options.context_size

    def compute_output_shape(self, input_shape: Mapping[str, Any]) -> tuple[int | None, ...]:
        tasks, queries = input_shape["query_x"][:2]
        return (tasks, self.options.last_step + 1, queries, self.network.output_shape[-1])

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "options": self.options.model_dump(mode="json"),
            "loss": self.loss,
            "is_vectorized": self.is_vectorized,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Learner":
        return super().from_config({**config, "options": InnerLoopOptions.of_saved(config["options"])})

    def _over_tasks(self, function: Any, tasks: Any) -> Any:
        if self.is_vectorized:
            return tf.vectorized_map(function, tasks)
        count = tf.nest.flatten(tasks)[0].shape[0]
        results = [function(tf.nest.map_structure(lambda t, i=i: t[i], tasks)) for i in range(count)]
        return tf.nest.map_structure(lambda *parts: tf.stack(parts), *results)

    def _descend(self, task: Episodes, steps: int) -> list[Values]:
        weight = task["support_weight"]

        def support_loss(values: Values) -> tf.Tensor:
            outputs = self._forward(values, task["support_x"], weight)
            return mean_over(self._task_loss(task["support_y"], outputs), weight)

        is_first_order = not self.options.outer_loop_differentiates_steps
        return descend(support_loss, self.start(), steps=steps, rates=self._rates, is_first_order=is_first_order)

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
        inputs, adapted = {X: x}, list(values)
        if self.options.context_size:
            # Not context[None]: TFLite lacks the gradient of that.
            inputs[CONTEXT] = tf.tile(tf.expand_dims(adapted.pop(0), 0), [tf.shape(x)[0], 1])
        if WEIGHT in self._input_names:
            inputs[WEIGHT] = weight
        weights = [variable.value for variable in self.network.trainable_variables]
        for index, value in zip(self._adapted_weights(), adapted, strict=True):
            weights[index] = value
        fixed = [variable.value for variable in self.network.non_trainable_variables]
        return self.network.stateless_call(weights, fixed, inputs, training=False)[0]

    def _adapted_weights(self) -> list[int]:
        """Which of the network's trainable weights adapt, by their places among them."""
        adapting = {
            id(variable)
            for layer in self.network.layers
            if self.options.adapts_layer(layer.name)
            for variable in layer.variables
        }
        return [index for index, variable in enumerate(self.network.trainable_variables) if id(variable) in adapting]

    def _rates(self, step: int) -> Sequence[tf.Tensor | float]:
        if self._parameter_rates is not None:
            return [rates.value for rates in self._parameter_rates]
        if self._step_rates is not None:
            # Steps beyond those that were trained take the last one's.
            return tf.unstack(self._step_rates.value[min(step, self.options.steps - 1)])
        return [self.options.rate] * len(self.start())
