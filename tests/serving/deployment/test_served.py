import pytest

from serving.deployment.errors import DeploymentError
from serving.deployment.served import ServedModel, served_models
from serving.registry import Registry
from tests.serving.registry_sample import sample_push


def test_what_is_labelled_for_clients_is_served(registry):
    assert served_models(registry) == [
        ServedModel(name="My_Model.2", labels={"canary": 1}, previous=None),
        ServedModel(name="digits", labels={"production": 2, "canary": 3}, previous=1),
    ]


def test_after_a_rollback_the_version_that_was_rolled_back_is_the_one_before(registry):
    registry.rollback("digits")
    [_, digits] = served_models(registry)
    assert (digits.labels, digits.previous) == ({"production": 1, "canary": 3}, 2)


def test_a_canary_that_was_production_is_loaded_once(registry):
    registry.label("digits", 1, "canary")
    [_, digits] = served_models(registry)
    assert digits.versions(keep_previous=True) == [1, 2]


def test_ready_is_told_by_production_else_by_canary(registry):
    assert [model.label for model in served_models(registry)] == ["canary", "production"]


def test_a_registry_without_a_label_is_refused(tmp_path):
    registry = Registry(tmp_path / "none")
    registry.push("waiting", **sample_push(tmp_path, "e"), stage="candidate")
    with pytest.raises(DeploymentError, match="has waiting, none of it"):
        served_models(registry)
