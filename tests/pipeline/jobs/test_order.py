from types import SimpleNamespace

from pipeline.jobs.order import Order


def _node(name: str, *, reads: tuple[str, ...] = (), after: tuple[str, ...] = ()) -> SimpleNamespace:
    """What Order looks at of a PipelineNode of TFX's."""
    channels = [SimpleNamespace(producer_node_query=SimpleNamespace(id=read)) for read in reads]
    return SimpleNamespace(
        node_info=SimpleNamespace(id=name),
        inputs=SimpleNamespace(inputs={"input": SimpleNamespace(channels=channels)}),
        upstream_nodes=[*reads, *after],
    )


# As the first nodes of a pipeline are: Transform reads nothing of DataGate.
DATA = [
    _node("ExampleGen"),
    _node("SchemaGen"),
    _node("StatisticsGen", reads=("ExampleGen", "SchemaGen")),
    _node("DataGate", reads=("StatisticsGen",)),
    _node("Transform", reads=("ExampleGen", "SchemaGen"), after=("DataGate",)),
    _node("Trainer", reads=("Transform", "SchemaGen")),
    _node("Evaluator", reads=("Trainer",)),
]


def test_at_the_beginning_nodes_that_read_nothing_may_start():
    assert Order(DATA).startable(started=set(), done=set()) == ["ExampleGen", "SchemaGen"]


def test_a_node_waits_for_what_it_reads_and_not_for_a_gate_before_it():
    done = {"ExampleGen", "SchemaGen"}
    assert Order(DATA).startable(started=done, done=done) == ["StatisticsGen", "Transform"]


def test_what_reads_a_node_waits_for_its_gate_too():
    done = {"ExampleGen", "SchemaGen", "StatisticsGen", "Transform"}
    assert Order(DATA).startable(started=done, done=done) == ["DataGate"]
    done |= {"DataGate"}
    assert Order(DATA).startable(started=done, done=done) == ["Trainer"]


def test_a_gate_that_failed_holds_back_for_ever():
    started = {"ExampleGen", "SchemaGen", "StatisticsGen", "DataGate", "Transform"}
    assert Order(DATA).startable(started=started, done=started - {"DataGate"}) == []


def test_gates_of_gates_count():
    nodes = [_node("A"), _node("B", after=("A",)), _node("C", after=("B",)), _node("D", reads=("C",))]
    assert Order(nodes).startable(started={"A", "B", "C"}, done={"B", "C"}) == []
    assert Order(nodes).startable(started={"A", "B", "C"}, done={"A", "B", "C"}) == ["D"]


def test_a_part_of_the_pipeline_does_not_wait_for_what_it_leaves_out():
    part = Order(DATA[4:6])
    assert part.startable(started=set(), done=set()) == ["Transform"]
    assert part.startable(started={"Transform"}, done={"Transform"}) == ["Trainer"]
