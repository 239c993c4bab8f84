"""Artifact types that TFX does not have. A TYPE_NAME is the path under which `components` gives the class."""

from tfx.types import artifact


class DataBlessing(artifact.Artifact):
    """The data gate let the dataset pass; holds its findings."""

    TYPE_NAME = "components.DataBlessing"


class CompressedModels(artifact.Artifact):
    """TFLite variants of one model: `<variant>.tflite` and `variants.json`, their measurements."""

    TYPE_NAME = "components.CompressedModels"
