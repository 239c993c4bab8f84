"""The layers of a functional model and what flows between them, read from its config."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import keras


class LayerGraph:
    """Layers by name in the order of computation.

    Attributes:
      layers: `{name: layer}`; operations such as a transposition or a sum of tensors are among them.
      inputs: `{name: names of the layers whose outputs it takes}`; of a layer called several times, of all calls.
      calls: `{name: number of calls}`.
      consumers: `{name: how many times its output is taken}`, the model's outputs included.
    """

    def __init__(self, model: keras.Model) -> None:
        """Raises ValueError for a model that is not functional."""
        config = model.get_config()
        if "layers" not in config or "output_layers" not in config:
            raise ValueError(
                f"Only the graph of a functional model can be read. Received: {type(model).__name__}. Build it as "
                f"keras.Model(inputs, outputs)."
            )
        self.layers: dict[str, keras.Layer] = {}
        self.inputs: dict[str, tuple[str, ...]] = {}
        self.calls: dict[str, int] = {}
        operations = {operation.name: operation for operation in model.operations}
        for described in config["layers"]:
            # Of a layer, Keras writes the name into its own config; of an operation, beside it.
            name = described["config"].get("name") or described["name"]
            self.layers[name] = operations[name]
            self.inputs[name] = tuple(_sources(described["inbound_nodes"]))
            self.calls[name] = len(described["inbound_nodes"])
        outputs = list(_names(config["output_layers"]))
        self.consumers = Counter([*(name for names in self.inputs.values() for name in names), *outputs])

    def sole_input(self, name: str) -> str | None:
        """The one layer that a layer takes, if it is called once, takes one, and no other takes that one's output."""
        sources = self.inputs[name]
        is_sole = self.calls[name] == 1 and len(sources) == 1 and self.consumers[sources[0]] == 1
        return sources[0] if is_sole else None


def _sources(node: Any) -> Iterator[str]:
    """Names of the layers in a serialized call's arguments."""
    if isinstance(node, Mapping):
        if node.get("class_name") == "__keras_tensor__":
            yield node["config"]["keras_history"][0]
            return
        node = list(node.values())
    if isinstance(node, list | tuple):
        for item in node:
            yield from _sources(item)


def _names(outputs: Any) -> Iterator[str]:
    """Names of the layers in a config's `output_layers`: nested [name, call, tensor]."""
    if isinstance(outputs, Mapping):
        outputs = list(outputs.values())
    if len(outputs) == 3 and isinstance(outputs[0], str) and isinstance(outputs[1], int):
        yield outputs[0]
        return
    for item in outputs:
        yield from _names(item)
