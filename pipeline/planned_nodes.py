"""The lines of `slipway run --explain`, one for each node. Needs no TFX."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from inspection.changes import Reason


@dataclass(frozen=True, kw_only=True)
class PlannedNode:
    """Attributes:
    name: name of the node.
    is_cached: whether its outputs would be taken from the cache.
    reasons: why not; none where no earlier run had the node.
    """

    name: str
    is_cached: bool
    reasons: tuple[Reason, ...] = ()


def print_plan(console: Console, nodes: Sequence[PlannedNode]) -> None:
    """A line a node, and how many would run."""
    for node in nodes:
        state, style = ("cached", "cyan") if node.is_cached else ("runs", "bold")
        why = "" if node.is_cached else "; ".join(map(str, node.reasons)) or "no earlier run on this root has it"
        console.print(Text.assemble(f"{node.name:<17}", (f"{state:<9}", style), (why, "dim")), soft_wrap=True)
    count = sum(not node.is_cached for node in nodes)
    console.print(f"{count} of {len(nodes)} nodes would run", highlight=False)
