"""`slipway gc` on roots whose ML Metadata is made by hand, and on any lineage that Hypothesis makes."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2
from tfx.orchestration import metadata
from tfx.orchestration.portable import cache_utils

from inspection.store import RunStore
from pipeline.cached_executions import are_outputs_there
from pipeline.commands.gc import command
from pipeline.errors import RunError, UsageError
from pipeline.root import Root

Event = metadata_store_pb2.Event


@dataclass
class Lineage:
    """A root, and its ML Metadata as TFX writes it."""

    root: Path
    ids: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        config = metadata_store_pb2.ConnectionConfig()
        config.sqlite.filename_uri = str(self.root / "metadata.db")
        config.sqlite.connection_mode = metadata_store_pb2.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        self.store = metadata_store.MetadataStore(config)
        kinds = metadata_store_pb2
        self._artifact = self.store.put_artifact_type(kinds.ArtifactType(name="Anything"))
        self._execution = self.store.put_execution_type(kinds.ExecutionType(name="Step"))
        self._run = self.store.put_context_type(kinds.ContextType(name="pipeline_run"))
        self._cache = self.store.put_context_type(kinds.ContextType(name="execution_cache"))

    def run(self, name: str) -> int:
        """A run's context."""
        [context] = self.store.put_contexts([metadata_store_pb2.Context(type_id=self._run, name=name)])
        return context

    def artifact(self, *, version: Path | None = None, uri: str | None = None) -> int:
        """An artifact with a file; `version` is where it was pushed to."""
        place = Path(uri) if uri else self.root / "artifacts" / "Step" / "output" / str(len(self.ids) + 1)
        place.mkdir(parents=True, exist_ok=True)
        (place / "file").write_bytes(b"12345")
        made = metadata_store_pb2.Artifact(
            type_id=self._artifact, uri=str(place), state=metadata_store_pb2.Artifact.LIVE
        )
        if version is not None:
            made.custom_properties["pushed_destination"].string_value = str(version)
        [number] = self.store.put_artifacts([made])
        self.ids.append(number)
        return number

    def step(
        self, run: int, reads: Sequence[int], writes: Sequence[int], *, cached: bool = False, key: str = ""
    ) -> int:
        """An execution of a run; `key` is that of the cache."""
        states = metadata_store_pb2.Execution
        execution = states(type_id=self._execution, last_known_state=states.CACHED if cached else states.COMPLETE)
        contexts = [self.store.get_contexts_by_id([run])[0]]
        if key:
            contexts.append(metadata_store_pb2.Context(type_id=self._cache, name=key))
        events = [(kind, each) for kind, ids in ((Event.INPUT, reads), (Event.OUTPUT, writes)) for each in ids]
        artifacts = {each.id: each for each in self.store.get_artifacts_by_id([each for _, each in events])}
        pairs = []
        for index, (kind, each) in enumerate(events):
            event = Event(type=kind)
            event.path.steps.add(key=f"channel{index}")
            event.path.steps.add(index=0)
            pairs.append((artifacts[each], event))
        return self.store.put_execution(execution, pairs, contexts)[0]

    def path(self, artifact: int) -> Path:
        [found] = self.store.get_artifacts_by_id([artifact])
        return Path(found.uri)

    def there(self) -> set[int]:
        """Artifacts whose file is there."""
        return {each for each in self.ids if (self.path(each) / "file").exists()}

    def deleted(self) -> set[int]:
        """Artifacts of which ML Metadata says that they are gone."""
        deleted = metadata_store_pb2.Artifact.DELETED
        return {each.id for each in self.store.get_artifacts() if each.state == deleted}


@pytest.fixture
def lineage(tmp_path) -> Lineage:
    return Lineage(tmp_path)


def gc(root: Path, keep_last: int, *words: str) -> str:
    arguments = [str(root), "--keep-last", str(keep_last), *words]
    return CliRunner().invoke(command, arguments, catch_exceptions=False, standalone_mode=False).output


def test_what_only_an_old_run_needs_goes_and_ml_metadata_says_so(lineage):
    old, shared, new = lineage.artifact(), lineage.artifact(), lineage.artifact()
    lineage.step(lineage.run("1"), [], [shared])
    lineage.step(lineage.run("2"), [shared], [old])
    third = lineage.run("3")
    lineage.step(third, [], [shared], cached=True)
    lineage.step(third, [shared], [new])
    assert "1 artifacts, 5 bytes, removed; those of 1 runs stay." in gc(lineage.root, 1)
    assert lineage.there() == {shared, new}
    assert lineage.deleted() == {old}
    assert not lineage.path(old).exists()


def test_a_registered_model_keeps_what_it_was_made_of_wherever_the_registry_is(lineage, tmp_path_factory):
    version = tmp_path_factory.mktemp("elsewhere") / "digits" / "1"
    version.mkdir(parents=True)
    data, model, pushed, other = (
        *(lineage.artifact() for _ in "ab"),
        lineage.artifact(version=version),
        lineage.artifact(),
    )
    first = lineage.run("1")
    lineage.step(first, [], [data])
    lineage.step(first, [data], [model, other])
    lineage.step(first, [model], [pushed])
    lineage.step(lineage.run("2"), [], [lineage.artifact()])
    gc(lineage.root, 1)
    assert lineage.deleted() == {other}
    version.rmdir()
    gc(lineage.root, 1)
    assert lineage.deleted() == {data, model, pushed, other}


def test_a_dry_run_says_the_same_and_removes_nothing(lineage):
    lineage.step(lineage.run("1"), [], [lineage.artifact(), lineage.artifact()])
    lineage.step(lineage.run("2"), [], [lineage.artifact()])
    said = gc(lineage.root, 1, "--dry-run")
    assert said == "Step/output  2\n2 artifacts, 10 bytes, would be removed; those of 1 runs stay.\n"
    assert (len(lineage.there()), lineage.deleted()) == (3, set())


def test_what_lies_elsewhere_or_around_what_is_needed_stays(lineage, tmp_path_factory):
    outside = lineage.artifact(uri=str(tmp_path_factory.mktemp("outside")))
    around = lineage.artifact(uri=str(lineage.root / "artifacts" / "a"))
    link = lineage.root / "artifacts" / "link"
    link.symlink_to(lineage.path(outside))
    linked = lineage.artifact(uri=str(link))
    needed = lineage.artifact(uri=str(lineage.root / "artifacts" / "a" / "b"))
    lineage.step(lineage.run("1"), [], [outside, around, linked])
    lineage.step(lineage.run("2"), [], [needed])
    (lineage.root / "artifacts" / "mine").mkdir()
    gc(lineage.root, 1)
    assert lineage.deleted() == set()
    assert lineage.there() == {outside, around, linked, needed}
    assert (lineage.root / "artifacts" / "mine").exists()


def test_neither_cache_offers_what_is_gone(lineage):
    old, new = lineage.artifact(), lineage.artifact()
    lineage.step(lineage.run("1"), [], [old], key="old")
    lineage.step(lineage.run("2"), [], [new], key="new")
    gc(lineage.root, 1)
    # What was removed comes back by hand: its state alone says that it is not to be had.
    lineage.path(old).mkdir(parents=True)
    with metadata.Metadata(metadata.sqlite_metadata_connection_config(str(lineage.root / "metadata.db"))) as handle:
        contexts = {name: handle.store.get_context_by_type_and_name("execution_cache", name) for name in ("old", "new")}
        assert cache_utils.get_cached_outputs(handle, cache_context=contexts["old"]) is None
        assert cache_utils.get_cached_outputs(handle, cache_context=contexts["new"])
    assert not are_outputs_there(lineage.store, "1")
    assert are_outputs_there(lineage.store, "2")


def test_what_a_cut_off_call_left_is_taken_by_the_next(lineage):
    old = lineage.artifact()
    lineage.step(lineage.run("1"), [], [old])
    lineage.step(lineage.run("2"), [], [lineage.artifact()])
    [artifact] = lineage.store.get_artifacts_by_id([old])
    artifact.state = metadata_store_pb2.Artifact.DELETED
    lineage.store.put_artifacts([artifact])
    gc(lineage.root, 1)
    assert not lineage.path(old).exists()


def test_a_root_in_use_is_left_alone(lineage):
    lineage.step(lineage.run("1"), [], [lineage.artifact()])
    with Root(lineage.root).lock(), pytest.raises(RunError, match="one run at a time"):
        gc(lineage.root, 1)


def test_a_directory_that_is_no_root_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no ML Metadata"):
        gc(tmp_path, 1)


@contextmanager
def fresh() -> Iterator[Lineage]:
    with tempfile.TemporaryDirectory() as directory:
        yield Lineage(Path(directory))


# Steps in the order of runs: (whether a run begins, which of the artifacts so far are read, how many are written,
# whether the first of them is a model pushed to a version that is there, whether what is written was there before).
STEPS = st.lists(
    st.tuples(st.booleans(), st.sets(st.integers(0, 9), max_size=3), st.integers(0, 2), st.booleans(), st.booleans()),
    min_size=1,
    max_size=8,
)


@settings(max_examples=40)
@given(steps=STEPS, keep_last=st.integers(1, 3))
def test_what_a_kept_run_or_a_registered_model_needs_stays_and_nothing_else(steps, keep_last):
    with fresh() as lineage:
        version = lineage.root / "registry" / "m" / "1"
        version.mkdir(parents=True)
        runs: list[str] = []
        used: dict[str, set[int]] = {}
        # By definition, not by search: what each artifact was made of, directly or not.
        made_of: dict[int, set[int]] = {}
        pushed: set[int] = set()
        context = 0
        for begins, picks, count, is_model, repeats in steps:
            if begins or not runs:
                runs.append(str(len(runs)))
                context = lineage.run(runs[-1])
                used[runs[-1]] = set()
            reads = sorted({lineage.ids[pick] for pick in picks if pick < len(lineage.ids)})
            if repeats and lineage.ids:
                writes = [
                    each for each in lineage.ids[-1:] if each not in reads and made_of[each] == _with(made_of, reads)
                ]
            else:
                writes = [
                    lineage.artifact(version=version if is_model and not number else None) for number in range(count)
                ]
                pushed |= set(writes[:1]) if is_model else set()
            for each in writes:
                made_of[each] = _with(made_of, reads)
            lineage.step(context, reads, writes)
            used[runs[-1]] |= {*reads, *writes}
        expected = _with(made_of, {*pushed, *(each for run in runs[-keep_last:] for each in used[run])})
        gc(lineage.root, keep_last)
        assert lineage.there() == expected
        assert lineage.deleted() == set(lineage.ids) - expected
        assert version.is_dir()
        assert RunStore(lineage.root).run_ids() == runs


def _with(made_of: dict[int, set[int]], artifacts) -> set[int]:
    """Artifacts and what they were made of."""
    return set(artifacts).union(*(made_of[each] for each in artifacts))
