"""A pushed version, as clients see it."""

import json
import os

import numpy as np

from records.bundle import BUNDLE, LABELS_FILE, METADATA_FILE
from records.stores import path_at
from serving.inference import Arrays
from serving.saved_model import SavedModel
from serving.tensor_info import ModelInputError


class PushedModel(SavedModel):
    """The signature `predict` of a pushed version: the model's inputs by name to the task's predictions.

    Attributes:
      path: directory of the version.
      version: its number.
      labels: names of the classes, in the order of the outputs; empty where there are none.
      takes: what the inputs are, in the task's words, such as `image: float32 [batch, 8, 8, 1], pixels in [0, 1]`.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Loads the version. Raises SavedModelError where that cannot be."""
        super().__init__(path)
        self.path = path_at(path)
        self.version = int(self.path.name)
        labels, metadata = (self.path / BUNDLE / name for name in (LABELS_FILE, METADATA_FILE))
        self.labels = tuple(labels.read_text().splitlines()) if labels.exists() else ()
        self.takes = json.loads(metadata.read_text()).get("input", "") if metadata.exists() else ""

    def predict(self, inputs: Arrays) -> dict[str, np.ndarray]:
        """As `SavedModel.predict`, but integers are not taken for floats: a model of pixels from 0 to 1 answers
        nonsense to those of a file, 0 to 255.

        Raises:
          ModelInputError: names, shapes, types or values are not what the model takes.
        """
        for name, values in inputs.items():
            info, given = self.inputs.get(name), np.asarray(values).dtype
            if info is not None and np.issubdtype(info.dtype, np.floating) and np.issubdtype(given, np.integer):
                raise ModelInputError(
                    f"{name} must be an array of {info.dtype}{f' ({self.takes})' if self.takes else ''}. Received: "
                    f"{given}. Scale it as the training data was, and convert it with astype({str(info.dtype)!r})."
                )
        return super().predict(inputs)

    def __repr__(self) -> str:
        return f"PushedModel({os.fspath(self.path)!r}, takes={self.takes!r})"
