"""A pushed version, as clients see it."""

import os

from etils import epath

from serving.saved_model import SavedModel


class PushedModel(SavedModel):
    """The signature `predict` of a pushed version: the model's inputs by name to the task's predictions.

    Attributes:
      path: of the version's directory.
      version: its number.
      labels: names of the classes, in the order of the outputs; empty where there are none.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Loads the version. Raises SavedModelError where that cannot be."""
        super().__init__(path)
        self.path = epath.Path(path)
        self.version = int(self.path.name)
        labels = self.path / "tflite" / "labels.txt"
        self.labels = tuple(labels.read_text().splitlines()) if labels.exists() else ()
