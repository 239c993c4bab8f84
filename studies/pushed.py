"""Which pushed versions a study is about."""

import json

from etils import epath

from records.bundle import BUNDLE, METADATA_FILE
from records.model_run import TRAINED_MODEL
from records.stores import check_tensorflow_place
from serving.registry import ModelVersion, Registry, RegistryError, Stage
from studies.errors import StudyUsageError

# Of a version, beside its TFLite files.
METADATA = f"{BUNDLE}/{METADATA_FILE}"


def find_version(
    registry: epath.PathLike, model: str, number: int | None, *, stage: Stage = "production"
) -> epath.Path:
    """Directory of a pushed version; of the newest at a stage unless a number is given.

    Raises:
      StudyUsageError: there is none.
    """
    versions = Registry(registry)
    try:
        found = (
            [versions.version(model, number)]
            if number is not None
            else [version for version in versions.versions(model) if version.stage == stage][-1:]
        )
    except RegistryError as error:
        raise StudyUsageError(str(error)) from None
    if not found:
        raise StudyUsageError(f"A version must be at stage {stage}, or its number be given. Received: none of {model}.")
    return versions.path(found[0])


def trained_model(version: epath.Path) -> epath.Path:
    """The trained Keras model of a pushed version.

    Raises:
      StudyUsageError: the version does not hold it.
      StoreError: Keras cannot read it where it is.
    """
    path = version / TRAINED_MODEL
    check_tensorflow_place(str(path))
    if not path.exists():
        raise StudyUsageError(
            f"A version must hold its trained Keras model. Received: {path}, which does not exist. Push it again."
        )
    return path


def newest_learners(registry: epath.PathLike) -> list[epath.Path]:
    """Directories of the newest version of each few-shot learner of each model, newest first."""
    versions = Registry(registry)
    found: dict[tuple[object, ...], ModelVersion] = {}
    for model in versions.models():
        for version in reversed(versions.versions(model)):
            path = versions.path(version) / METADATA
            metadata = json.loads(path.read_text()) if path.exists() else {}
            if "learner" in metadata:
                options = (metadata["learner"], metadata["inner_steps"], metadata.get("context"))
                found.setdefault((model, *options), version)
    newest = sorted(found.values(), key=lambda version: version.created_at, reverse=True)
    return [versions.path(version) for version in newest]
