"""What the registry's tests push: files with a SavedModel's names, whose contents tell one push from another."""

from pathlib import Path
from typing import Any

from serving.registry import Registry


def sample_push(directory: Path, key: str) -> dict[str, Any]:
    """Arguments of `Registry.push`, their files written below `directory`."""
    saved_model = directory / key / "saved_model"
    for name in ("saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"):
        path = saved_model / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name} of {key}")
    tflite = directory / key / "model.tflite"
    tflite.write_text(f"tflite of {key}")
    return {"push_key": key, "saved_model": saved_model, "bundle": {"int8.tflite": tflite}}


# Everything that a version made of it consists of.
SAMPLE_FILES = {
    "saved_model.pb",
    "variables/variables.index",
    "variables/variables.data-00000-of-00001",
    "tflite/int8.tflite",
    "slipway.json",
}


def files_below(directory: Path) -> dict[str, bytes]:
    """Relative name -> content."""
    return {str(p.relative_to(directory)): p.read_bytes() for p in directory.rglob("*") if p.is_file()}


def stages(registry: Registry, model: str) -> dict[int, str]:
    """Version -> label."""
    return {version.number: version.stage for version in registry.versions(model)}
