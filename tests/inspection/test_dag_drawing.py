from hypothesis import given
from hypothesis import strategies as st

from inspection.dag_drawing import BOX_HEIGHT, BOX_WIDTH, direct_edges, draw, layers_of

DIAMOND = {"a": [], "b": ["a"], "c": ["a"], "d": ["a", "b", "c"]}


@st.composite
def dags(draw_from):
    """Any DAG of up to twenty nodes, in topological order."""
    size = draw_from(st.integers(1, 20))
    nodes = [f"n{index}" for index in range(size)]
    return {
        name: sorted(draw_from(st.sets(st.sampled_from(nodes[:index])))) if index else []
        for index, name in enumerate(nodes)
    }


def test_a_node_stands_behind_all_that_it_needs():
    assert layers_of(DIAMOND) == [["a"], ["b", "c"], ["d"]]


def test_implied_edges_are_left_out():
    assert direct_edges(DIAMOND) == [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]


@given(dags())
def test_boxes_never_overlap_and_stay_inside(upstream):
    drawing = draw(upstream)
    assert sorted(box.name for box in drawing.boxes) == sorted(upstream)
    for index, box in enumerate(drawing.boxes):
        assert 0 <= box.x <= drawing.width - BOX_WIDTH
        assert 0 <= box.y <= drawing.height - BOX_HEIGHT
        for other in drawing.boxes[:index]:
            assert abs(box.x - other.x) >= BOX_WIDTH or abs(box.y - other.y) >= BOX_HEIGHT


@given(dags())
def test_direct_edges_keep_every_way(upstream):
    """What can be reached over the direct edges is what could be reached before."""
    reduced = {name: [source for source, target in direct_edges(upstream) if target == name] for name in upstream}
    assert _ancestors(reduced) == _ancestors(upstream)


def _ancestors(upstream):
    found = {}
    for name, sources in upstream.items():
        found[name] = set(sources).union(*(found[source] for source in sources))
    return found


def test_an_empty_dag_is_an_empty_drawing():
    assert draw({}).boxes == ()
