"""Which layer of the Keras model an operation of a TFLite file comes from.

The converter names tensors after the graph's operations, and TensorFlow makes the name scopes of layers unique by
numbers of its own (`conv2d_1_2` is of the layer `conv2d_1`). So the scopes are written down while the graph is traced
(`compression.conversion.layer_scopes`).
"""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

# SavedModels keep what is not TensorFlow's in this folder.
LAYERS_FILE = "assets.extra/layers.json"


@dataclass(frozen=True, kw_only=True)
class LayerNames:
    """Layers by what the graph calls them.

    Attributes:
      scopes: `{name scope: path of the layer}`.
      outputs: `{tensor in the file: the operation that computes it}`, of the model's outputs, which the converter names
        anew.
    """

    scopes: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)

    def layers(self) -> list[str]:
        """Paths of all layers, in the order in which they are called."""
        return list(dict.fromkeys(self.scopes.values()))

    def of_operation(self, outputs: Iterable[str]) -> list[str]:
        """The layers that computed an operation's outputs; see `of_tensor`."""
        return list(dict.fromkeys(layer for name in outputs for layer in self.of_tensor(name)))

    def of_tensor(self, name: str) -> list[str]:
        """The layers that computed a tensor: that of the kernel first, those fused into it and those around it after.

        Args:
          name: of the tensor; names of operations that were fused are joined by semicolons, the last one first.
        """
        operations = reversed(self.outputs.get(name, name).split(";"))
        return list(dict.fromkeys(layer for operation in operations for layer in self._around(operation)))

    def _around(self, operation: str) -> Iterator[str]:
        parts = operation.split("/")
        for length in range(len(parts), 0, -1):
            layer = self.scopes.get("/".join(parts[:length]))
            if layer is not None:
                yield layer


def write_layer_names(saved_model_dir: str | os.PathLike[str], names: LayerNames) -> None:
    """Puts the names into a SavedModel."""
    path = Path(saved_model_dir) / LAYERS_FILE
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(asdict(names)))


def read_layer_names(saved_model_dir: str | os.PathLike[str]) -> LayerNames:
    """The names in a SavedModel; none in one that `export_for_conversion` did not write."""
    path = Path(saved_model_dir) / LAYERS_FILE
    return LayerNames(**json.loads(path.read_text())) if path.exists() else LayerNames()
