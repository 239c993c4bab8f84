"""Which part of the DAG runs, by TFX's own marking of the compiled pipeline as the judge."""

import pytest
from tfx.dsl.compiler.compiler import Compiler
from tfx.orchestration.portable import partial_run_utils

from pipeline.config import PipelineConfig
from pipeline.dag import Places, create_pipeline
from pipeline.errors import UsageError
from pipeline.part import run_options


@pytest.fixture(scope="module")
def pipeline():
    options = {"source": {"kind": "digits"}, "height": 8, "width": 8}
    config = PipelineConfig(
        name="test",
        task="tasks.image_classification.ImageClassification",
        options=options,
        evaluate={"gates": {"accuracy": {"min": 0}}},
    )
    return create_pipeline(
        config, Places(pipeline_root="/r", registry="/r", workspaces="/r", passed_data="/r", fingerprint="", start=None)
    )


@pytest.fixture(scope="module")
def upstream(pipeline) -> dict[str, list[str]]:
    return {node.id: sorted(each.id for each in node.upstream_nodes) for node in pipeline.components}


def test_a_whole_run_has_no_options(upstream):
    assert run_options(upstream, from_node=None, to_node=None) is None


@pytest.mark.parametrize(("from_node", "to_node"), [("Nobody", None), (None, "evaluator")])
def test_a_node_must_be_one(upstream, from_node, to_node):
    with pytest.raises(UsageError, match=r"must name a node: ExampleGen, .*Received: '(Nobody|evaluator)'"):
        run_options(upstream, from_node=from_node, to_node=to_node)


def test_what_would_run_nothing_is_refused_and_nothing_else(pipeline, upstream):
    """Every pair of nodes: refused exactly where TFX would skip each node."""
    for from_node in upstream:
        for to_node in upstream:
            compiled = Compiler().compile(pipeline)
            partial_run_utils.mark_pipeline(compiled, from_nodes=[from_node], to_nodes=[to_node])
            runs = any(not node.pipeline_node.execution_options.HasField("skip") for node in compiled.nodes)
            if runs:
                options = run_options(upstream, from_node=from_node, to_node=to_node)
                assert (options.from_nodes, options.to_nodes) == ([from_node], [to_node])
            else:
                with pytest.raises(UsageError, match=f"Received: --from {from_node} --to {to_node}, between which"):
                    run_options(upstream, from_node=from_node, to_node=to_node)
