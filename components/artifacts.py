"""Artifact types that TFX does not have."""

from tfx.types import artifact


class DataBlessing(artifact.Artifact):
    """The data gate let the dataset pass; holds its findings."""

    TYPE_NAME = "DataBlessing"


class CompressedModels(artifact.Artifact):
    """TFLite variants of one model: `<variant>.tflite` and `variants.json`, their measurements."""

    TYPE_NAME = "CompressedModels"
