"""Which of several choices are beaten by no other."""

from collections.abc import Mapping, Sequence


def pareto_front(choices: Mapping[str, Sequence[float]]) -> list[str]:
    """The choices than which no other is better in one measure and no worse in the rest; equal ones stay together.

    Args:
      choices: `{name: measures}`, of each the lower the better, equally many for all.

    Returns:
      Their names, in the order given.
    """
    return [
        name
        for name, mine in choices.items()
        if not any(
            all(his <= own for his, own in zip(theirs, mine, strict=True)) and tuple(theirs) != tuple(mine)
            for theirs in choices.values()
        )
    ]
