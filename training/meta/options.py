"""The learners that a config can name. Needs no TensorFlow."""

from typing import Annotated, TypeAlias

from pydantic import Field

from training.meta.learners.anil import ANILOptions
from training.meta.learners.cavia import CAVIAOptions
from training.meta.learners.fine_tuning import FineTuningOptions
from training.meta.learners.maml import MAMLOptions
from training.meta.learners.prototypes import PrototypeOptions
from training.meta.learners.reptile import ReptileOptions

# A new learner is one member more: here if it predicts numbers and classes, below if classes alone.
NumbersOrClasses: TypeAlias = MAMLOptions | ANILOptions | CAVIAOptions | ReptileOptions | FineTuningOptions
RegressionLearner: TypeAlias = Annotated[NumbersOrClasses, Field(discriminator="kind")]
ClassificationLearner: TypeAlias = Annotated[NumbersOrClasses | PrototypeOptions, Field(discriminator="kind")]
