"""The config's section `start`, and where it leads. Needs neither TensorFlow nor TFX."""

import hashlib

from etils import epath
from pydantic import Field, model_validator

from components.sections import Section, TensorFlowPlace
from data.did_you_mean import did_you_mean_path
from records.model_run import TRAINED_MODEL
from records.stores import path_at
from serving.registry import Registry, RegistryError
from tasks.start import Start


class StartNotFoundError(ValueError):
    """There is no such model to start from."""

    title = "Wrong config"
    exit_code = 2


class StartOptions(Section):
    """The config's section `start`: a version in a registry, or a file."""

    weights: TensorFlowPlace | None = Field(
        None, description="A .keras file, such as a run's model run holds. Relative paths start at the config."
    )
    registry: TensorFlowPlace | None = Field(None, description="Directory of a registry, relative to the config.")
    model: str | None = Field(None, description="Name of the model in the registry.")
    version: int | None = Field(None, ge=1, description="Default: the one in production.")
    fresh: tuple[str, ...] = Field(
        (), description="Patterns of names of layers that are not taken over, such as logits where classes differ."
    )

    @model_validator(mode="after")
    def _one_place(self) -> "StartOptions":
        in_registry = (self.registry, self.model, self.version)
        if self.weights is not None and any(value is not None for value in in_registry):
            raise ValueError("start takes weights, or registry and model. Received: both")
        if self.weights is None and (self.registry is None or self.model is None):
            raise ValueError(f"start takes weights, or registry and model. Received: {self.model_dump(mode='json')}")
        return self

    def resolve(self) -> Start:
        """Finds the file. Raises StartNotFoundError where there is none."""
        path = self._path()
        if not path.is_file():
            raise StartNotFoundError(
                f"start must lead to a trained Keras model. Received: {path}, which does not exist. Name a "
                f".keras file, or a version that a pipeline pushed.{did_you_mean_path(path)}"
            )
        return Start(weights=str(path), digest=hashlib.sha256(path.read_bytes()).hexdigest(), fresh=self.fresh)

    def _path(self) -> epath.Path:
        if self.weights is not None:
            return path_at(self.weights)
        assert self.registry is not None
        assert self.model is not None
        registry = Registry(self.registry)
        try:
            versions = registry.versions(self.model)
            if self.version is not None:
                return registry.path(registry.version(self.model, self.version)) / TRAINED_MODEL
        except RegistryError as error:
            raise StartNotFoundError(str(error)) from error
        found = next((version for version in versions if version.stage == "production"), None)
        if found is None:
            raise StartNotFoundError(
                f"start without a version takes the one in production. Received: {self.model} in {self.registry}, "
                f"which has none there. Name a version."
            )
        return registry.path(found) / TRAINED_MODEL
