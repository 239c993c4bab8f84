"""The part of the DAG that `--from` and `--to` ask for."""

from collections.abc import Mapping, Sequence

from tfx.orchestration.pipeline import RunOptions

from data.did_you_mean import did_you_mean
from pipeline.errors import UsageError


def run_options(
    upstream: Mapping[str, Sequence[str]], *, from_node: str | None, to_node: str | None
) -> RunOptions | None:
    """TFX's options of a partial run; None for a whole one.

    Args:
      upstream: {node: the nodes it depends on}, in topological order.
      from_node: where to start; None at the beginning.
      to_node: where to stop; None at the end.

    Raises:
      UsageError: no such node, or nothing would run.
    """
    for option, node in (("--from", from_node), ("--to", to_node)):
        if node is not None and node not in upstream:
            raise UsageError(
                f"{option} must name a node: {', '.join(upstream)}. Received: {node!r}.{did_you_mean(node, upstream)}"
            )
    if from_node is not None and to_node is not None and from_node not in _with_ancestors(to_node, upstream):
        raise UsageError(
            f"--to must be the node of --from or one that depends on it. Received: --from {from_node} --to {to_node}, "
            "between which nothing would run. Exchange them, or leave one out."
        )
    if from_node is None and to_node is None:
        return None
    return RunOptions(from_nodes=[from_node] if from_node else None, to_nodes=[to_node] if to_node else None)


def _with_ancestors(node: str, upstream: Mapping[str, Sequence[str]]) -> set[str]:
    return {node}.union(*(_with_ancestors(source, upstream) for source in upstream[node]))
