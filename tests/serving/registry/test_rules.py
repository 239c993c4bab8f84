"""Any sequence of pushes, labels, rollbacks and deletions keeps the registry's promises."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from serving.registry import STAGES, Registry, RegistryError
from serving.registry.index import PUSH_STAGES
from serving.registry.storage import LocalStorage
from tests.serving.registry_sample import files_below, sample_push

MODEL = "digits"


class DiesAtTheIndex(LocalStorage):
    """Ends a push after its version appeared, before the index lists it."""

    def write(self, path: Any, text: str) -> None:
        if path.name == "index.json":
            raise OSError("gone")
        super().write(path, text)


class RegistryRules(RuleBasedStateMachine):
    """Compares the registry with the plainest account of it: a stage for each number, the one that was last asked for
    by a push, and who held production."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self.registry = Registry(self.directory / "registry")
        self.stages: dict[int, str] = {}
        self.contents: dict[int, dict[str, bytes]] = {}
        self.keys: dict[str, int] = {}
        self.asked: dict[int, str] = {}
        self.held: list[int] = []
        self.highest = 0

    def teardown(self) -> None:
        shutil.rmtree(self.directory)

    def give(self, number: int, stage: str) -> None:
        if stage in ("canary", "production"):
            self.stages = {n: "archived" if held == stage else held for n, held in self.stages.items()}
        self.stages[number] = stage

    @rule(stage=st.sampled_from(PUSH_STAGES), dies=st.booleans())
    def push(self, stage: str, dies: bool) -> None:
        key = f"key-{len(self.keys)}"
        sample = sample_push(self.directory, key)
        if dies:
            with pytest.raises(RegistryError):
                Registry(self.registry.root, storage=DiesAtTheIndex()).push(MODEL, **sample, stage=stage)
        version = self.registry.push(MODEL, **sample, stage=stage)
        assert version.number > self.highest
        self.highest = version.number
        self.keys[key] = version.number
        self.asked[version.number] = stage
        self.contents[version.number] = files_below(Path(self.registry.path(version)))
        self.give(version.number, stage)
        if stage == "production":
            self.held.append(version.number)

    @precondition(lambda self: self.stages)
    @rule(data=st.data(), stage=st.sampled_from(PUSH_STAGES))
    def push_again(self, data: st.DataObject, stage: str) -> None:
        key = data.draw(st.sampled_from([key for key, number in self.keys.items() if number in self.stages]))
        number, sample = self.keys[key], sample_push(self.directory, key)
        if self.asked[number] != stage and self.stages[number] == "production" != stage:
            with pytest.raises(RegistryError, match="given up only to another"):
                self.registry.push(MODEL, **sample, stage=stage)
            return
        assert self.registry.push(MODEL, **sample, stage=stage).number == number
        if self.asked[number] != stage:
            self.asked[number] = stage
            if stage == "production" != self.stages[number]:
                self.held.append(number)
            self.give(number, stage)

    @precondition(lambda self: self.stages)
    @rule(data=st.data(), stage=st.sampled_from(STAGES), force=st.booleans())
    def label(self, data: st.DataObject, stage: str, force: bool) -> None:
        number = data.draw(st.sampled_from(sorted(self.stages)))
        if self.stages[number] == "production" != stage and not force:
            with pytest.raises(RegistryError, match="given up only to another"):
                self.registry.label(MODEL, number, stage)
            return
        if stage == "production" != self.stages[number]:
            self.held.append(number)
        self.registry.label(MODEL, number, stage, force=force)
        self.give(number, stage)

    @precondition(lambda self: self.stages)
    @rule()
    def rollback(self) -> None:
        holder = next((number for number, stage in self.stages.items() if stage == "production"), None)
        remaining = list(self.held)
        while remaining and remaining[-1] == holder:
            remaining.pop()
        if not remaining:
            with pytest.raises(RegistryError, match="A rollback needs"):
                self.registry.rollback(MODEL)
            return
        assert self.registry.rollback(MODEL).number == remaining[-1]
        self.held = remaining
        self.give(remaining[-1], "production")

    @precondition(lambda self: self.stages)
    @rule(data=st.data())
    def delete_by_hand(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.stages)))
        self.registry.path(self.registry.version(MODEL, number)).rmtree()
        del self.stages[number], self.contents[number]
        self.held = [held for held in self.held if held != number]

    @invariant()
    def stages_are_as_accounted(self) -> None:
        known = self.registry.versions(MODEL) if self.stages else ()
        assert {version.number: version.stage for version in known} == self.stages
        assert [version.number for version in known] == sorted(self.stages)
        assert all(version.history[-1].stage == version.stage for version in known)

    @invariant()
    def at_most_one_is_production_and_at_most_one_canary(self) -> None:
        stages = list(self.stages.values())
        assert stages.count("production") <= 1
        assert stages.count("canary") <= 1
        assert self.registry.at_stage(MODEL, "production") is None or stages.count("production") == 1

    @invariant()
    def files_of_a_version_never_change(self) -> None:
        for number, content in self.contents.items():
            assert files_below(self.directory / "registry" / MODEL / str(number)) == content


TestRegistryRules = RegistryRules.TestCase
TestRegistryRules.settings = settings(
    max_examples=30, stateful_step_count=15, suppress_health_check=[HealthCheck.too_slow]
)
