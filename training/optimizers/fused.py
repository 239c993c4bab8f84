"""Keras's Adam and SGD with the update of a variable in one kernel of TensorFlow's instead of a dozen.

Same formulas, same variables, same results to rounding; of a small model's step the update is a fifth.
"""

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="slipway")
class FusedAdam(keras.optimizers.Adam):
    """Adam (Kingma, Ba, ICLR 2015, algorithm 1, in the form of its section 2's last paragraph).

    AMSGrad is left to Keras's own.
    """

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        # Once a step and not once a variable.
        step = tf.cast(self.iterations.value, tf.float32) + 1.0
        self._beta_powers = tf.pow(self.beta_1, step), tf.pow(self.beta_2, step)
        super().apply(grads, trainable_variables)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        if self.amsgrad or isinstance(gradient, tf.IndexedSlices):
            super().update_step(gradient, variable, learning_rate)
            return
        index = self._get_variable_index(variable)
        dtype = variable.dtype
        beta_1_power, beta_2_power = self._beta_powers
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=tf.cast(beta_1_power, dtype),
            beta2_power=tf.cast(beta_2_power, dtype),
            lr=tf.cast(learning_rate, dtype),
            beta1=tf.cast(self.beta_1, dtype),
            beta2=tf.cast(self.beta_2, dtype),
            epsilon=tf.cast(self.epsilon, dtype),
            grad=tf.cast(gradient, dtype),
        )


@keras.saving.register_keras_serializable(package="slipway")
class FusedSGD(keras.optimizers.SGD):
    """SGD with momentum, Nesterov's or the plain one (Sutskever et al., ICML 2013, equations 1 to 4)."""

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        if not self.momentum or isinstance(gradient, tf.IndexedSlices):
            super().update_step(gradient, variable, learning_rate)
            return
        dtype = variable.dtype
        tf.raw_ops.ResourceApplyKerasMomentum(
            var=variable.handle,
            accum=self.momentums[self._get_variable_index(variable)].value.handle,
            lr=tf.cast(learning_rate, dtype),
            grad=tf.cast(gradient, dtype),
            momentum=tf.cast(self.momentum, dtype),
            use_nesterov=self.nesterov,
        )
