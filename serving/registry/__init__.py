"""The model registry."""

from serving.registry.errors import RegistryError, RegistryUsageError
from serving.registry.index import STAGES, ModelVersion, Stage
from serving.registry.registry import Registry

__all__ = ["STAGES", "ModelVersion", "Registry", "RegistryError", "RegistryUsageError", "Stage"]
