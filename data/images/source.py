"""The sources of images that a config can name by their `kind`."""

from typing import Annotated

from pydantic import Field

from data.images.csv import ImageCSV
from data.images.digits import Digits
from data.images.folder import ImageFolder
from data.images.idx_images import IDXImages
from data.images.omniglot import Omniglot
from data.images.tfrecord import TFRecords

# Omniglot alone is no `LabelledImages`: its splits hold different classes.
ImageSource = Annotated[Digits | ImageFolder | ImageCSV | IDXImages | TFRecords | Omniglot, Field(discriminator="kind")]
