"""Which nodes may run, given those that are done."""

from collections.abc import Container, Sequence
from typing import Any


class Order:
    """The order of the nodes that a run runs.

    A node starts once the nodes whose outputs it reads are done. A node that it only comes after, as Transform comes
    after DataGate, may still be at work: what such a gate holds back is all that reads the node's outputs.
    """

    def __init__(self, nodes: Sequence[Any]) -> None:
        """Args:
        nodes: TFX's PipelineNodes, in topological order.
        """
        names = {node.node_info.id for node in nodes}
        self._reads: dict[str, set[str]] = {}
        self._gates: dict[str, set[str]] = {}
        for node in nodes:
            name = node.node_info.id
            channels = [channel for spec in node.inputs.inputs.values() for channel in spec.channels]
            self._reads[name] = {channel.producer_node_query.id for channel in channels} & names
            self._gates[name] = names.intersection(node.upstream_nodes) - self._reads[name]

    def startable(self, *, started: Container[str], done: Container[str]) -> list[str]:
        """The nodes that may start, in topological order.

        Args:
          started: nodes that are running or over.
          done: nodes that are over and did what they had to.
        """
        return [
            name
            for name, reads in self._reads.items()
            if name not in started and all(self._has_passed(read, done) for read in reads)
        ]

    def _has_passed(self, name: str, done: Container[str]) -> bool:
        return name in done and all(self._has_passed(gate, done) for gate in self._gates[name])
