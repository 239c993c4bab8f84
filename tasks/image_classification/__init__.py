"""Image classification: images in, one label out."""

from tasks.image_classification.options import ImageClassificationOptions
from tasks.image_classification.task import ImageClassification

__all__ = ["ImageClassification", "ImageClassificationOptions"]
