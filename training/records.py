"""What training tells of its steps and its epochs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, kw_only=True)
class StepsRecord:
    """The results of the steps of one graph call.

    Attributes:
      step: optimizer steps done since the start of training.
      means: means of the loss and each metric over the call's examples.
      gradients: gradients of the last step by variable path; empty unless they were asked for.
    """

    step: int
    means: dict[str, float]
    learning_rate: float
    examples_per_sec: float
    gradients: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class EpochRecord:
    """What one epoch came to. Losses are without regularization terms; metrics are means over examples, or over
    what else they count.

    Attributes:
      gap_ratio: (validation loss - train loss) / train loss; see `training.gap_ratio`.
      input_share: share of the training time for which steps waited for batches.
      events: what guards did, in words.
    """

    epoch: int
    step: int
    train: dict[str, float]
    evaluation: dict[str, float]
    learning_rate: float
    examples_per_sec: float
    is_best: bool
    gap_ratio: float
    input_share: float
    events: tuple[str, ...]
