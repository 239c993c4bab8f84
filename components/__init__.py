"""TFX components: thin adapters from artifacts to the plain code in the rooms below."""

from typing import Any


def __getattr__(name: str) -> Any:
    """Finds the project's artifact types, imported when they are asked for: TFX takes seconds to import.

    A step compiled for Kubeflow looks a custom artifact type up by its TYPE_NAME, `package.Class` with one dot.
    """
    if name not in ("DataBlessing", "CompressedModels"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from components import artifacts

    return getattr(artifacts, name)
