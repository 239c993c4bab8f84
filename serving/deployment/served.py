"""Which versions of a registry's models are to be served, and under which labels."""

from dataclasses import dataclass

from serving.deployment.errors import DeploymentError
from serving.registry import ModelVersion, Registry


@dataclass(frozen=True, kw_only=True)
class ServedModel:
    """A model with a version that has a label clients ask for.

    Attributes:
      name: the model's name in the registry.
      labels: `{label: number of the version}` of `production` and `canary`.
      previous: number of the version that held production before, to which a server can go back at once; None where
        none did or it is labelled.
    """

    name: str
    labels: dict[str, int]
    previous: int | None

    @property
    def label(self) -> str:
        """The label that says whether the model is ready: production's, where it has one."""
        return "production" if "production" in self.labels else "canary"

    def versions(self, *, keep_previous: bool) -> list[int]:
        """Numbers of what a server loads, ascending."""
        kept = {self.previous} if keep_previous and self.previous else set()
        return sorted({*self.labels.values(), *kept})


def served_models(registry: Registry) -> list[ServedModel]:
    """The models that have a version in production or canary, by name.

    Raises:
      DeploymentError: none has.
    """
    models = [_served(name, registry.versions(name)) for name in registry.models()]
    served = [model for model in models if model.labels]
    if not served:
        found = ", ".join(model.name for model in models) or "no model"
        raise DeploymentError(
            f"A version must be production or canary to be served. Received: {registry.root}, which has {found}, none "
            "of it labelled so. Push one, or give the label: slipway registry label MODEL VERSION production."
        )
    return served


def _served(name: str, versions: tuple[ModelVersion, ...]) -> ServedModel:
    labels = {version.stage: version.number for version in versions if version.stage in ("production", "canary")}
    held = [
        (max(move.at for move in version.history if move.stage == "production"), version.number)
        for version in versions
        if version.number not in labels.values() and any(move.stage == "production" for move in version.history)
    ]
    return ServedModel(
        name=name, labels=dict(sorted(labels.items(), reverse=True)), previous=max(held)[1] if held else None
    )
