"""How sure a metric is, and whether two differ by more than chance."""

import math

# Of the standard normal distribution: 95 % lie within.
Z_95 = 1.959963984540054
# Metrics that are a share of examples, each of which counts once.
SHARES = ("accuracy", "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy")
# A metric of one of these in its name is better the smaller it is.
SMALLER_IS_BETTER = ("loss", "error", "mae", "mse", "mase", "mape", "crps", "entropy", "brier", "false", "naive")


def is_share(metric: str) -> bool:
    """Whether a metric is a share of examples, so that their number gives its interval."""
    return metric in SHARES


def is_higher_better(metric: str) -> bool:
    """Whether more of a metric is better, as its name tells."""
    return not any(word in metric.lower() for word in SMALLER_IS_BETTER)


def wilson(share: float, examples: int) -> tuple[float, float]:
    """The 95 % confidence interval of a share of examples (Wilson 1927).

    Args:
      share: from 0 to 1.
      examples: how many there were, one at least.
    """
    squared = Z_95**2 / examples
    centre = share + squared / 2
    spread = math.sqrt(squared * (share * (1 - share) + squared / 4))
    low, high = (centre - spread) / (1 + squared), (centre + spread) / (1 + squared)
    return max(0.0, low), min(1.0, high)


def two_shares(share: float, examples: int, other: float, other_examples: int) -> float:
    """The p value of two shares being equal, by the z test of two proportions.

    Of models judged on the same examples it is an upper bound where they tend to be right on the same ones, as they do:
    the pairs would make the difference surer.

    Args:
      share: from 0 to 1.
      examples: how many there were, one at least.
      other: the share to compare with.
      other_examples: how many of its examples there were, one at least.
    """
    pooled = (share * examples + other * other_examples) / (examples + other_examples)
    variance = pooled * (1 - pooled) * (1 / examples + 1 / other_examples)
    if variance == 0:
        return 1.0
    return math.erfc(abs(share - other) / math.sqrt(2 * variance))
