"""The operations in a TFLite file, and what can run it."""

import os
from dataclasses import dataclass
from pathlib import Path

from ai_edge_litert.interpreter import Interpreter, OpResolverType
from ai_edge_litert.tools import flatbuffer_utils

# What the converter puts before the name of a TensorFlow op that TFLite has no kernel for.
_SELECT = "Flex"


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation: `CONV_2D`, or TensorFlow's name such as `tf.Svd` for a select op, and its outputs' names."""

    name: str
    is_select: bool
    outputs: tuple[str, ...]


def read_operations(content: bytes) -> list[Operation]:
    """The operations of all graphs in a file, in order."""
    model = flatbuffer_utils.read_model_from_bytearray(content)
    operations = []
    for graph in model.subgraphs:
        for operator in graph.operators:
            outputs = tuple(graph.tensors[index].name.decode() for index in operator.outputs if index != -1)
            custom = (model.operatorCodes[operator.opcodeIndex].customCode or b"").decode()
            is_select = custom.startswith(_SELECT)
            if is_select:
                name = f"tf.{custom.removeprefix(_SELECT)}"
            else:
                name = custom or str(flatbuffer_utils.opcode_to_name(model, operator.opcodeIndex))
            operations.append(Operation(name=name, is_select=is_select, outputs=outputs))
    return operations


def select_ops(content: bytes) -> list[str]:
    """The TensorFlow ops in a file that need TFLite's Flex delegate, sorted."""
    return sorted({operation.name for operation in read_operations(content) if operation.is_select})


def open_file(path: str | os.PathLike[str]) -> Interpreter:
    """Without delegates: the list of operations is then what stands in the file, and all constants are there.

    TensorFlow's interpreter takes the place of LiteRT's for a file with select ops, which LiteRT cannot run.

    Raises:
      ValueError: this is no TFLite file.
    """
    content = Path(path).read_bytes()
    # Else it is left to the interpreter to say what is wrong with it. Delete when TFX 1.16 goes: TensorFlow 2.21's
    # interpreter runs select ops no more than LiteRT's does.
    if content[4:8] == b"TFL3" and select_ops(content):
        import tensorflow as tf

        without_delegates = tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        return tf.lite.Interpreter(model_content=content, experimental_op_resolver_type=without_delegates)
    return Interpreter(
        model_content=content, experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    )
