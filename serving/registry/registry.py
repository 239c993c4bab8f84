"""The model registry: immutable versions of models, with stage labels, in a directory on any file system.

    registry = Registry("output/digits/registry")
    registry.push("digits", push_key="42", saved_model=…, bundle={"int8.tflite": …}, stage="canary")
    registry.label("digits", 2, "production")      # the version that held it is archived
    registry.rollback("digits")                    # and is production again
    registry.path(registry.at_stage("digits", "production"))

The layout is TF Serving's, whose base path is the model's directory; it passes over all names that are no numbers:

    <registry>/<model>/index.json                    labels, metrics, lineage, the last number given
    <registry>/<model>/<N>/saved_model.pb variables/ assets/ …
    <registry>/<model>/<N>/tflite/                   the bundle for devices
    <registry>/<model>/<N>/slipway.json              this version as it was pushed
    <registry>/<model>/.staging-<id>/                a push under way, or what a dead one left
    <registry>/<model>/.lock .push.lock

A push is committed when its directory appears (`registry_storage` says how, for each kind of file system); the index
follows. Should the process die in between, `slipway.json` has all that the index needs: every reader shows the version,
and the next writer lists it. Pushing again with the same `push_key` makes no other version.

Numbers are never given twice: a new one is above `last_version` and above every number in the directory. A directory
named by a number but without `slipway.json` was put there by someone else: it uses its number up and is not shown.

On object stores there is no lock and no telling a dead push's staging from a live one's: let one process at a time
write to a model, and let a lifecycle rule of the bucket remove old objects below `<model>/.staging-`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from etils import epath

from records.bundle import BUNDLE
from records.stores import StoreError, path_at
from serving.registry.errors import RegistryError, RegistryUsageError
from serving.registry.folder import RECORD, ModelFolder
from serving.registry.index import PUSH_STAGES, STAGES, ModelVersion, Stage, StageMove
from serving.registry.storage import LAST_FILE, Storage, storage_of, tree

__all__ = ["STAGES", "ModelVersion", "Registry", "RegistryError", "RegistryUsageError", "Stage"]

MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


class Registry:
    """The versions below one root directory, which the first push makes.

    Args:
      root: A local path, gs:// or s3://; see `records.stores`.
      now: The clock; its time zone is heeded.
      storage: How files become visible; by default what suits `root`.
      lock_timeout_secs: How long to wait for another writer before giving up. Readers never wait.

    Raises:
      RegistryUsageError: `root` is an address that nothing here reads.
    """

    def __init__(
        self,
        root: epath.PathLike,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        storage: Storage | None = None,
        lock_timeout_secs: float = 600,
    ) -> None:
        try:
            self.root = path_at(root)
        except StoreError as error:
            raise RegistryUsageError(f"A registry is a folder, here or at an object store: {error}") from None
        self._now = now
        self._storage = storage or storage_of(self.root)
        self._lock_timeout_secs = lock_timeout_secs

    def models(self) -> tuple[str, ...]:
        """Names of the models that have a version, sorted. None if the root does not exist."""
        if not self.root.is_dir():
            return ()
        names = sorted(path.name for path in self.root.iterdir() if MODEL_NAME.fullmatch(path.name) and path.is_dir())
        return tuple(name for name in names if self._folder(name).load().versions)

    def versions(self, model: str) -> tuple[ModelVersion, ...]:
        """The versions of a model by number, ascending. Raises RegistryError if there is no such model."""
        index = self._folder(model).load()
        if not index.versions:
            raise RegistryError(
                f"A model must have been pushed first ({', '.join(self.models()) or 'none has been'}, to {self.root}). "
                f"Received: {model}. Check the name and the registry."
            )
        return index.versions

    def version(self, model: str, number: int) -> ModelVersion:
        """The version of that number. Raises RegistryError if there is no such model or version."""
        versions = self.versions(model)
        for version in versions:
            if version.number == number:
                return version
        raise RegistryError(
            f"A version must be one that {model} has ({', '.join(str(version.number) for version in versions)}). "
            f"Received: {number}. Choose one of these, or push the model again."
        )

    def at_stage(self, model: str, stage: Stage) -> ModelVersion | None:
        """The newest version with that label; None if there is none, or no such model: so it is before a first push."""
        _check_stage(stage)
        return self._folder(model).load().at_stage(stage)

    def pushed_as(self, model: str, push_key: str) -> ModelVersion | None:
        """The version that a push with that key made, with the label it has now."""
        return self._folder(model).load().pushed_as(push_key)

    def path(self, version: ModelVersion) -> epath.Path:
        """The directory of a version: a SavedModel with the bundle in `tflite/`."""
        return self.root / version.model / str(version.number)

    def push(
        self,
        model: str,
        *,
        push_key: str,
        saved_model: epath.PathLike,
        bundle: Mapping[str, epath.PathLike] | None = None,
        extra: Mapping[str, epath.PathLike] | None = None,
        metrics: Mapping[str, float] | None = None,
        lineage: Mapping[str, str | int] | None = None,
        stage: Stage = "candidate",
    ) -> ModelVersion:
        """Makes a new version visible, complete and with its label, or changes nothing.

        Args:
          push_key: What is pushed, such as a digest of the files: stable when a killed run is repeated, different for
            the next model. If a version with it exists, that one is returned; its label is moved if this push asks for
            another stage than the last one did, and else left to whoever may have moved it since.
          saved_model: Directory that holds `saved_model.pb`.
          bundle: Name below `tflite/` -> file to copy there.
          extra: Name in the version -> file to copy there.
          stage: `canary` and `production` are taken away from the version that holds them, which is archived.

        Raises:
          RegistryUsageError: A name, a stage or a source that cannot be pushed.
          RegistryError: The disk is full, another writer does not finish, the index is corrupt, or production would be
            left to none.
        """
        _check_stage(stage, PUSH_STAGES)
        if not push_key:
            raise RegistryUsageError("push_key must not be empty: it is what a repeated push is recognized by.")
        beside = {f"{BUNDLE}/{name}": file for name, file in (bundle or {}).items()} | dict(extra or {})
        sources = _sources(epath.Path(saved_model), beside)
        folder = self._folder(model)
        with folder.pushing():
            with folder.writing() as index:
                at = self._timestamp()
                known = index.pushed_as(push_key)
                if known:
                    folder.save(index.with_repeated_push(known, stage, at=at))
                    return self.version(model, known.number)
            draft = ModelVersion(
                model=model,
                number=index.last_version + 1,
                stage=stage,
                created_at=at,
                push_key=push_key,
                size_bytes=sum(self._storage.size_bytes(source) for source in sources.values()),
                metrics=dict(metrics or {}),
                lineage=dict(lineage or {}),
                history=(StageMove(stage=stage, at=at, by="push"),),
            )
            return folder.add(draft, sources)

    def label(self, model: str, number: int, stage: Stage, *, force: bool = False) -> ModelVersion:
        """Gives a version a stage, archiving the one that held it if only one may.

        Args:
          model: Name of the model.
          number: Number of the version.
          stage: The new stage.
          force: Whether production may be left to none; the version's history says that it was forced.

        Raises:
          RegistryUsageError: No such stage.
          RegistryError: No such version, or production would be left to none without `force`.
        """
        _check_stage(stage)
        self.version(model, number)
        folder = self._folder(model)
        with folder.writing() as index:
            folder.save(index.with_stage(number, stage, at=self._timestamp(), force=force))
        return self.version(model, number)

    def rollback(self, model: str) -> ModelVersion:
        """Gives production back to the version that held it before, and archives the one that holds it now.

        Only labels move. Another rollback goes one further back, never forth to the version that was rolled back.

        Returns:
          The version that is production now.

        Raises:
          RegistryError: No version that held production earlier is left.
        """
        self.versions(model)
        folder = self._folder(model)
        with folder.writing() as index:
            changed = index.with_rollback(at=self._timestamp())
            folder.save(changed)
        return self.version(model, changed.production[-1])

    def _folder(self, model: str) -> ModelFolder:
        if not MODEL_NAME.fullmatch(model):
            raise RegistryUsageError(
                "A model's name must be letters, digits, `_`, `.` and `-`, the first a letter or a digit. "
                f"Received: {model!r}."
            )
        return ModelFolder(
            self.root / model,
            storage=self._storage,
            timestamp=self._timestamp,
            lock_timeout_secs=self._lock_timeout_secs,
        )

    def _timestamp(self) -> str:
        return self._now().astimezone(UTC).isoformat(timespec="seconds")


def _check_stage(stage: str, allowed: Sequence[Stage] = STAGES) -> None:
    if stage not in allowed:
        raise RegistryUsageError(f"A stage must be one of {', '.join(allowed)}. Received: {stage!r}.")


def _sources(saved_model: epath.Path, beside: Mapping[str, epath.PathLike]) -> dict[str, epath.Path]:
    """Name inside the version -> file to copy there. Raises RegistryUsageError for what cannot make a version."""
    if not (saved_model / LAST_FILE).exists():
        raise RegistryUsageError(f"A SavedModel must be a directory with {LAST_FILE} in it. Received: {saved_model}.")
    sources = {name: saved_model / name for name in tree(saved_model)}
    for name, source in beside.items():
        if {"", ".", ".."} & set(name.split("/")) or name in sources or name == RECORD:
            raise RegistryUsageError(f"Names in a version must be relative, plain and new. Received: {name!r}.")
        if not epath.Path(source).exists() or epath.Path(source).is_dir():
            raise RegistryUsageError(f"A version is made of files. Received: {name!r} from {source}, which is none.")
        sources[name] = epath.Path(source)
    return sources
