"""The DAG as an SVG picture: layers from left to right in rows that fit a page, one box a node."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

BOX_WIDTH, BOX_HEIGHT = 140, 46
GAP_X, GAP_Y = 44, 22
ROW_GAP = 40
MARGIN = 8
LAYERS_PER_ROW = 6


@dataclass(frozen=True)
class Box:
    """A node's place, in pixels, of its upper left corner."""

    name: str
    x: float
    y: float


@dataclass(frozen=True)
class Drawing:
    """Boxes of nodes, and arrows as SVG paths, for the template to draw."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[str, ...]


def draw(upstream: Mapping[str, Sequence[str]]) -> Drawing:
    """Lays out a DAG.

    Args:
      upstream: {node: the nodes it depends on}, in topological order.
    """
    edges = direct_edges(upstream)
    layers = layers_of(upstream)
    places: dict[str, Box] = {}
    top = float(MARGIN)
    for first in range(0, len(layers), LAYERS_PER_ROW):
        row = layers[first : first + LAYERS_PER_ROW]
        places |= {box.name: box for box in _row(row, top)}
        top += max(map(len, row)) * (BOX_HEIGHT + GAP_Y) - GAP_Y + ROW_GAP
    arrows = tuple(_arrow(places[source], places[target]) for source, target in edges)
    width = 2 * MARGIN + min(len(layers), LAYERS_PER_ROW) * (BOX_WIDTH + GAP_X) - GAP_X
    return Drawing(width, top - ROW_GAP + MARGIN, tuple(places.values()), arrows)


def _row(layers: Sequence[Sequence[str]], top: float) -> Iterator[Box]:
    """The boxes of one row, each layer centred."""
    tallest = max(map(len, layers))
    for column, layer in enumerate(layers):
        offset = (tallest - len(layer)) * (BOX_HEIGHT + GAP_Y) / 2
        for row, name in enumerate(layer):
            x = MARGIN + column * (BOX_WIDTH + GAP_X)
            yield Box(name, x, top + offset + row * (BOX_HEIGHT + GAP_Y))


def layers_of(upstream: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Nodes by the length of the longest way to them."""
    depth: dict[str, int] = {}
    for name, sources in upstream.items():
        depth[name] = 1 + max((depth[source] for source in sources), default=-1)
    layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name, layer in depth.items():
        layers[layer].append(name)
    return layers


def direct_edges(upstream: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """(source, target) of every dependency that no longer way implies: the transitive reduction."""
    ancestors: dict[str, set[str]] = {}
    for name, sources in upstream.items():
        ancestors[name] = set(sources).union(*(ancestors[source] for source in sources))
    return [
        (source, name)
        for name, sources in upstream.items()
        for source in sources
        if not any(source in ancestors[other] for other in sources if other != source)
    ]


def _arrow(source: Box, target: Box) -> str:
    """From right to left within a row; from bottom to top, through the gap between them, from row to row."""
    if target.x <= source.x:
        x1, y1 = source.x + BOX_WIDTH / 2, source.y + BOX_HEIGHT
        x2, y2 = target.x + BOX_WIDTH / 2, target.y - 6
        turn = y2 - ROW_GAP / 2 + 6
        return f"M{x1:g},{y1:g} V{turn:g} H{x2:g} V{y2:g}"
    x1, y1 = source.x + BOX_WIDTH, source.y + BOX_HEIGHT / 2
    x2, y2 = target.x - 6, target.y + BOX_HEIGHT / 2
    bend = GAP_X / 2
    return f"M{x1:g},{y1:g} C{x1 + bend:g},{y1:g} {x2 - bend:g},{y2:g} {x2:g},{y2:g}"
