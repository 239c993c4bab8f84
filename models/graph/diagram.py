"""Architecture diagrams in Mermaid, which GitHub, GitLab and many editors draw."""

from models.graph.profile import LayerProfile, ModelProfile

# What is written into the box of the layer before it, when that is all it takes.
_ATTACHED = {
    "BatchNormalization": "norm",
    "LayerNormalization": "norm",
    "ChannelScale": "scale",
    "Dropout": "dropout",
    "LearnableSwish": "swish",
    "Activation": "activation",
}
_BRANCH_ENDS = frozenset({"Add", "Multiply", "Concatenate", "Average", "Subtract", "Maximum"})


def mermaid(profile: ModelProfile, activations: dict[str, str]) -> str:
    """A flowchart: one box for a layer and what follows it alone, with its output's shape and parameters.

    Args:
      profile: profile of the model.
      activations: names of the activations of layers of kind Activation, by the layer's name.
    """
    consumers: dict[str, int] = {}
    for layer in profile.layers:
        for taken in layer.inputs:
            consumers[taken] = consumers.get(taken, 0) + 1
    boxes: dict[str, list[LayerProfile]] = {}
    box_of: dict[str, str] = {}
    for layer in profile.layers:
        source = layer.inputs[0] if len(layer.inputs) == 1 else None
        if source is not None and layer.kind in _ATTACHED and consumers[source] == 1:
            box_of[layer.name] = box_of[source]
            boxes[box_of[source]].append(layer)
        else:
            box_of[layer.name] = layer.name
            boxes[layer.name] = [layer]
    numbers = {name: f"n{number}" for number, name in enumerate(boxes)}
    lines = ["flowchart TD"]
    for name, layers in boxes.items():
        opening, closing = ("((", "))") if layers[0].kind in _BRANCH_ENDS else ("[", "]")
        lines.append(f'  {numbers[name]}{opening}"{_text(layers, activations)}"{closing}')
    for name, layers in boxes.items():
        lines += [f"  {numbers[box_of[source]]} --> {numbers[name]}" for source in layers[0].inputs]
    return "\n".join(lines) + "\n"


def _text(layers: list[LayerProfile], activations: dict[str, str]) -> str:
    head = layers[0]
    if head.kind in _BRANCH_ENDS:
        signs = {"Add": "+", "Multiply": "×"}
        return signs.get(head.kind, head.kind) + "".join(f" · {_describe(layer, activations)}" for layer in layers[1:])
    parts = [f"{head.kind} {head.window}".rstrip(), *(_describe(layer, activations) for layer in layers[1:])]
    shape = "×".join(str(size) for size in head.output_shape)
    parameters = sum(layer.parameters for layer in layers)
    return " · ".join(parts) + f"<br/>{shape}" + (f", {parameters:,} parameters" if parameters else "")


def _describe(layer: LayerProfile, activations: dict[str, str]) -> str:
    return activations.get(layer.name, _ATTACHED[layer.kind])
