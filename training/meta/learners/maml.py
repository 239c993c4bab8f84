"""MAML and, with a learned rate of each parameter, Meta-SGD.

Sources: Finn, Abbeel, Levine, "Model-Agnostic Meta-Learning for Fast Adaptation of Deep Networks", ICML 2017; Li et
al., "Meta-SGD: Learning to Learn Quickly for Few-Shot Learning", 2017.
"""

from typing import Literal

from training.meta.learners.gradient import DifferentiatedOptions


class MAMLOptions(DifferentiatedOptions):
    """All weights adapt; with learned_rates: parameter, Meta-SGD."""

    kind: Literal["maml"]
