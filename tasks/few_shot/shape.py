"""The sizes of episodes."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class EpisodeShape:
    """Sizes of the episodes that a model takes; smaller episodes are padded to them.

    Attributes:
      shot: support examples of an episode, all classes together.
      queries: query examples of an episode, all classes together.
      example_shape: shape of one example.
      outputs: numbers predicted of one example; for classes, one logit each.
      is_classes: whether labels are classes, and outputs their logits.
    """

    shot: int
    queries: int
    example_shape: tuple[int, ...]
    outputs: int
    is_classes: bool
