"""The registry on one process's good and bad days. Others: test_storage.py, test_crash.py."""

import json
import math
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from serving.registry import Registry, RegistryError, RegistryUsageError
from serving.registry.storage import LocalStorage, ObjectStorage
from tests.serving.registry_sample import SAMPLE_FILES, files_below, sample_push, stages

MODEL = "digits"
EASTERN = timezone(timedelta(hours=-5))


@pytest.fixture(params=[LocalStorage, ObjectStorage], ids=["local", "object-store"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Registry:
    return Registry(
        tmp_path / "registry",
        now=lambda: datetime(2025, 1, 31, 20, 0, tzinfo=EASTERN),
        storage=request.param(),
    )


@pytest.fixture
def push(registry: Registry, tmp_path: Path) -> Callable[..., int]:
    def push(key: str, **options: Any) -> int:
        return registry.push(MODEL, **sample_push(tmp_path / "sources", key), **options).number

    return push


def folder(registry: Registry) -> Path:
    return Path(registry.root / MODEL)


def test_a_pushed_version_has_all_files_and_is_what_push_returned(registry, tmp_path):
    sample = sample_push(tmp_path, "a")
    version = registry.push(MODEL, **sample, metrics={"accuracy": 0.98}, lineage={"model_artifact": 7, "run_id": "r"})
    found = files_below(Path(registry.path(version)))
    assert set(found) == SAMPLE_FILES
    assert found["saved_model.pb"] == b"saved_model.pb of a"
    assert found["tflite/int8.tflite"] == b"tflite of a"
    assert registry.version(MODEL, 1) == version
    assert version.metrics == {"accuracy": 0.98}
    assert version.lineage == {"model_artifact": 7, "run_id": "r"}


def test_size_is_that_of_all_pushed_files(registry, tmp_path):
    version = registry.push(MODEL, **sample_push(tmp_path, "a"))
    found = files_below(Path(registry.path(version)))
    assert version.size_bytes == sum(len(content) for name, content in found.items() if name != "slipway.json")


def test_times_are_utc(registry, push):
    push("a")
    assert registry.version(MODEL, 1).created_at == "2025-02-01T01:00:00+00:00"


def test_metrics_that_are_no_numbers_come_back_and_leave_the_index_json(registry, push):
    push("a", metrics={"auc": math.nan, "loss": math.inf})
    metrics = registry.version(MODEL, 1).metrics
    assert math.isnan(metrics["auc"])
    assert metrics["loss"] == math.inf

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    json.loads((folder(registry) / "index.json").read_text(), parse_constant=refuse)


def test_production_is_taken_from_the_version_that_holds_it(registry, push):
    push("a", stage="production")
    push("b", stage="production")
    assert stages(registry, MODEL) == {1: "archived", 2: "production"}
    assert registry.at_stage(MODEL, "production").number == 2


def test_a_new_canary_archives_the_old_one_and_leaves_production_alone(registry, push):
    push("a", stage="production")
    push("b", stage="canary")
    push("c", stage="canary")
    assert stages(registry, MODEL) == {1: "production", 2: "archived", 3: "canary"}


def test_history_tells_every_move_and_what_made_it(registry, push):
    push("a", stage="canary")
    registry.label(MODEL, 1, "production")
    push("b", stage="production")
    registry.rollback(MODEL)
    moves = [(move.stage, move.by) for move in registry.version(MODEL, 1).history]
    assert moves == [("canary", "push"), ("production", "label"), ("archived", "push"), ("production", "rollback")]


def test_the_label_that_is_there_already_changes_nothing(registry, push):
    push("a", stage="canary")
    before = (folder(registry) / "index.json").read_bytes()
    registry.label(MODEL, 1, "canary")
    assert (folder(registry) / "index.json").read_bytes() == before


def test_production_cannot_be_given_up_to_none(registry, push):
    push("a", stage="production")
    with pytest.raises(
        RegistryError, match=r"Production is given up only to another version.*Received: archived"
    ) as it:
        registry.label(MODEL, 1, "archived")
    assert it.value.exit_code == 1
    assert stages(registry, MODEL) == {1: "production"}


def test_production_is_retired_by_force_which_is_recorded_and_can_be_taken_back(registry, push):
    push("a", stage="production")
    registry.label(MODEL, 1, "archived", force=True)
    assert registry.at_stage(MODEL, "production") is None
    moves = [(move.stage, move.by) for move in Registry(registry.root).version(MODEL, 1).history]
    assert moves == [("production", "push"), ("archived", "force")]
    assert registry.rollback(MODEL).number == 1


def test_a_label_that_needs_no_force_is_not_recorded_as_forced(registry, push):
    push("a")
    registry.label(MODEL, 1, "archived", force=True)
    assert registry.version(MODEL, 1).history[-1].by == "label"


def test_rollback_moves_labels_and_no_file(registry, push):
    push("a", stage="production")
    push("b", stage="production")
    before = {name: content for name, content in files_below(folder(registry)).items() if name != "index.json"}
    assert registry.rollback(MODEL).number == 1
    assert stages(registry, MODEL) == {1: "production", 2: "archived"}
    assert {name: c for name, c in files_below(folder(registry)).items() if name != "index.json"} == before


def test_a_second_rollback_goes_further_back_not_forth_to_the_bad_version(registry, push):
    for key in "abc":
        push(key, stage="production")
    registry.rollback(MODEL)
    assert registry.rollback(MODEL).number == 1


def test_rollback_passes_over_versions_that_never_were_production(registry, push):
    push("a", stage="production")
    push("b", stage="candidate")
    push("c", stage="production")
    assert registry.rollback(MODEL).number == 1


def test_rollback_without_an_earlier_production_is_refused(registry, push):
    push("a", stage="production")
    with pytest.raises(RegistryError, match=r"Received: version 1, the only one"):
        registry.rollback(MODEL)


def test_rollback_after_production_was_deleted_by_hand_takes_the_one_before(registry, push):
    push("a", stage="production")
    push("b", stage="production")
    registry.path(registry.version(MODEL, 2)).rmtree()
    assert registry.at_stage(MODEL, "production") is None
    assert registry.rollback(MODEL).number == 1


def test_rollback_from_a_version_whose_predecessor_was_deleted_goes_one_further(registry, push):
    for key in "abc":
        push(key, stage="production")
    registry.path(registry.version(MODEL, 2)).rmtree()
    assert registry.rollback(MODEL).number == 1


def test_rollback_never_gives_production_to_the_version_that_holds_it(registry, push):
    push("a", stage="production")
    push("b", stage="production")
    registry.label(MODEL, 1, "production")
    registry.path(registry.version(MODEL, 2)).rmtree()
    with pytest.raises(RegistryError, match="the only one"):
        registry.rollback(MODEL)


def test_pushing_the_same_key_again_returns_the_version_with_the_label_it_has_now(registry, push):
    push("a", stage="production")
    push("b", stage="production")
    registry.rollback(MODEL)
    assert push("b", stage="production") == 2
    assert stages(registry, MODEL) == {1: "production", 2: "archived"}


def test_pushing_the_same_key_for_another_stage_moves_the_label_and_records_it(registry, push):
    push("a", stage="production")
    push("b", stage="candidate")
    assert push("b", stage="production") == 2
    assert stages(registry, MODEL) == {1: "archived", 2: "production"}
    moves = [(move.stage, move.by) for move in registry.version(MODEL, 2).history]
    assert moves == [("candidate", "push"), ("production", "push")]
    assert registry.rollback(MODEL).number == 1


def test_a_stage_that_was_asked_for_twice_stays_where_someone_moved_it(registry, push):
    push("a", stage="production")
    push("b", stage="candidate")
    # Whoever asks for what the label already is has asked for it.
    registry.label(MODEL, 2, "production")
    push("b", stage="production")
    registry.rollback(MODEL)
    push("b", stage="production")
    assert stages(registry, MODEL) == {1: "production", 2: "archived"}


def test_another_push_cannot_leave_the_model_without_production(registry, push):
    push("a", stage="production")
    with pytest.raises(RegistryError, match=r"Production is given up only to another version.*Received: candidate"):
        push("a", stage="candidate")
    assert stages(registry, MODEL) == {1: "production"}


def test_a_version_is_found_by_what_it_was_pushed_as(registry, push):
    assert registry.pushed_as(MODEL, "a") is None
    push("a")
    registry.label(MODEL, 1, "canary")
    assert registry.pushed_as(MODEL, "a") == registry.version(MODEL, 1)


def test_the_number_of_a_deleted_version_is_not_given_again(registry, push):
    push("a")
    push("b")
    registry.path(registry.version(MODEL, 2)).rmtree()
    assert push("c") == 3
    assert stages(registry, MODEL) == {1: "candidate", 3: "candidate"}


def test_the_number_of_a_directory_that_someone_else_made_is_not_given(registry, push):
    push("a")
    (folder(registry) / "7").mkdir()
    assert push("b") == 8
    (folder(registry) / "7").rmdir()
    assert stages(registry, MODEL) == {1: "candidate", 8: "candidate"}


def test_a_version_put_back_by_hand_comes_back_archived(registry, push, tmp_path):
    push("a", stage="production")
    Path(registry.path(registry.version(MODEL, 1))).rename(tmp_path / "away")
    push("b", stage="production")
    (tmp_path / "away").rename(folder(registry) / "1")
    assert stages(registry, MODEL) == {1: "archived", 2: "production"}


def test_a_copy_of_a_version_made_by_hand_is_not_a_version(registry, push):
    push("a", stage="production")
    copy = folder(registry) / "5"
    for name, content in files_below(folder(registry) / "1").items():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes(content)
    assert stages(registry, MODEL) == {1: "production"}


def test_without_its_index_a_registry_is_read_from_the_versions(registry, push):
    push("a", stage="production", metrics={"accuracy": 0.9})
    push("b", stage="production")
    before = registry.versions(MODEL)
    (folder(registry) / "index.json").unlink()
    assert registry.versions(MODEL) == before


def test_before_the_first_push_there_is_no_production_and_no_directory(registry):
    assert registry.at_stage(MODEL, "production") is None
    assert registry.models() == ()
    assert not registry.root.exists()


def test_models_are_those_with_a_version(registry, push, tmp_path):
    push("a")
    registry.push("faces", **sample_push(tmp_path, "f"))
    (registry.root / "empty").mkdir()
    (registry.root / ".hidden").mkdir()
    assert registry.models() == ("digits", "faces")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"versions": {"1": 5}}', '{"versions": {"x": {}}}'])
def test_a_corrupt_index_is_named_with_what_to_do(registry, push, text):
    push("a")
    (folder(registry) / "index.json").write_text(text)
    with pytest.raises(RegistryError, match=r"index.json must be .*Received: .*Put a backup back"):
        registry.versions(MODEL)


def test_a_corrupt_record_of_an_unlisted_version_is_named(registry, push):
    push("a")
    (folder(registry) / "index.json").unlink()
    (folder(registry) / "1" / "slipway.json").write_text("{")
    with pytest.raises(RegistryError, match=r"slipway.json must be .*Received: .*move the version away"):
        registry.versions(MODEL)


def test_unknown_names_are_answered_with_those_that_exist(registry, push):
    push("a")
    with pytest.raises(RegistryError, match=r"digits.*Received: digit\b") as it:
        registry.versions("digit")
    assert it.value.exit_code == 1
    with pytest.raises(RegistryError, match=r"\(1\).*Received: 9"):
        registry.label(MODEL, 9, "canary")
    with pytest.raises(RegistryError, match=r"digits.*Received: digit\b"):
        registry.rollback("digit")


@pytest.mark.parametrize("name", ["", "a/b", "../a", ".a", "a b", "-a", "a\n"])
def test_a_model_name_that_is_no_plain_file_name_is_wrong_usage(registry, tmp_path, name):
    with pytest.raises(RegistryUsageError, match="Received: ") as it:
        registry.push(name, **sample_push(tmp_path, "a"))
    assert it.value.exit_code == 2
    assert not registry.root.exists()


@pytest.mark.parametrize("stage", ["prod", "archived"])
def test_a_push_asks_for_a_stage_that_a_new_version_can_have(registry, push, stage):
    with pytest.raises(RegistryUsageError, match=rf"candidate, canary, production. Received: '{stage}'"):
        push("a", stage=stage)


def test_an_unknown_stage_is_wrong_usage(registry, push):
    push("a")
    with pytest.raises(RegistryUsageError, match=r"candidate, canary, production, archived. Received: 'prod'"):
        registry.label(MODEL, 1, "prod")


@pytest.mark.parametrize("name", ["../a", "/a", "a//b", "", "a/.."])
def test_a_bundle_cannot_leave_its_directory(registry, tmp_path, name):
    sample = sample_push(tmp_path, "a")
    with pytest.raises(RegistryUsageError, match="relative, plain and new"):
        registry.push(MODEL, **sample | {"bundle": {name: sample["saved_model"] / "saved_model.pb"}})


def test_a_directory_without_saved_model_pb_is_not_pushed(registry, tmp_path):
    with pytest.raises(RegistryUsageError, match=r"with saved_model.pb in it. Received: "):
        registry.push(MODEL, push_key="a", saved_model=tmp_path)


def test_a_bundle_file_that_does_not_exist_is_wrong_usage(registry, tmp_path):
    sample = sample_push(tmp_path, "a")
    with pytest.raises(RegistryUsageError, match="made of files"):
        registry.push(MODEL, **sample | {"bundle": {"a.tflite": tmp_path / "none"}})


def test_a_user_without_a_name_as_in_many_containers_can_push(tmp_path, monkeypatch):
    def nameless(user_id: int) -> None:
        raise KeyError(user_id)

    monkeypatch.setattr("pwd.getpwuid", nameless)
    assert Registry(tmp_path / "r").push(MODEL, **sample_push(tmp_path, "a")).number == 1


def test_links_to_directories_are_pushed_as_what_they_point_to(registry, tmp_path):
    sample = sample_push(tmp_path, "a")
    (sample["saved_model"] / "variables").rename(tmp_path / "elsewhere")
    (sample["saved_model"] / "variables").symlink_to(tmp_path / "elsewhere")
    version = registry.push(MODEL, **sample)
    assert set(files_below(Path(registry.path(version)))) == SAMPLE_FILES
