"""Which nodes run though the cache has them, because the registry is another by now."""

import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd

from pipeline.config import PipelineConfig
from pipeline.root import Root
from pipeline.uncached_nodes import uncached_nodes
from serving.registry import Registry
from tests.inspection.root_writer import RootWriter
from tests.serving.registry_sample import sample_push


def _config(stage: str = "production", incomparable_baseline: str = "refuse") -> PipelineConfig:
    return PipelineConfig(
        name="digits",
        task="tasks.image_classification.ImageClassification",
        options={"source": {"kind": "digits"}, "height": 8, "width": 8},
        evaluate={"gates": {"accuracy": {"min": 0}}, "incomparable_baseline": incomparable_baseline},
        push={"stage": stage},
    )


@pytest.fixture
def root(tmp_path) -> Root:
    """Version 1 is in production; the last model could not be compared with it, and was not pushed."""
    Registry(tmp_path / "registry").push("digits", **sample_push(tmp_path, "a"), stage="production")
    _baseline(tmp_path, incomparable="classes cat → dog")
    return Root(tmp_path)


def _baseline(path, *, incomparable: str, model: str = "") -> None:
    writer = RootWriter(path)
    inputs = {"model": writer.artifact("Model", model)} if model else {}
    artifact = writer.artifact("Model", "Baseline", registry_version=1, incomparable=incomparable)
    writer.execution("20260101-000000-000", "Baseline", mlmd.Execution.COMPLETE, inputs, {"baseline": artifact})


def test_a_root_that_nothing_has_run_on_has_none(tmp_path):
    assert uncached_nodes(_config(), Root(tmp_path)) == ()


def test_while_that_version_is_in_production_the_refusal_comes_from_the_cache(root):
    assert uncached_nodes(_config(), root) == ()


def test_once_it_is_retired_the_model_is_judged_anew(root):
    Registry(root.registry).label("digits", 1, "archived", force=True)
    assert uncached_nodes(_config(), root) == ("Baseline",)


def test_once_another_is_in_production_the_model_is_compared_with_that(root, tmp_path):
    Registry(root.registry).push("digits", **sample_push(tmp_path, "b"), stage="production")
    assert uncached_nodes(_config(), root) == ("Baseline",)


def test_a_model_that_needs_no_comparison_stays_in_the_cache(root, tmp_path):
    Registry(root.registry).push("digits", **sample_push(tmp_path, "b"), stage="production")
    assert uncached_nodes(_config(incomparable_baseline="ignore"), root) == ()


def test_what_was_compared_once_stays_compared(root, tmp_path):
    _baseline(tmp_path, incomparable="")
    Registry(root.registry).label("digits", 1, "archived", force=True)
    assert uncached_nodes(_config(), root) == ()


def test_another_model_in_between_does_not_hide_it(root, tmp_path):
    _baseline(tmp_path, incomparable="", model="another")
    Registry(root.registry).label("digits", 1, "archived", force=True)
    assert uncached_nodes(_config(), root) == ("Baseline",)


@pytest.mark.parametrize(("stage", "expected"), [("candidate", ()), ("production", ("Pusher",))])
def test_a_push_for_another_stage_than_the_last_one_runs(stage, expected, root):
    RootWriter(root.path).execution("20260101-000000-000", "Pusher", mlmd.Execution.COMPLETE, {}, {}, stage="candidate")
    assert uncached_nodes(_config(stage), root) == expected
