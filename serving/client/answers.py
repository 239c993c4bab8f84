"""What a server says of its models."""

from collections.abc import Mapping
from dataclasses import dataclass

from serving.tensor_info import TensorInfo


@dataclass(frozen=True, kw_only=True)
class VersionStatus:
    """One version.

    Attributes:
      version: its number.
      state: START, LOADING, AVAILABLE, UNLOADING or END (apis/get_model_status.proto).
      error: why it could not be loaded; empty where there was nothing.
    """

    version: int
    state: str
    error: str


@dataclass(frozen=True, kw_only=True)
class SignatureInfo:
    """What a signature takes and gives; shapes have None where any size will do.

    Attributes:
      inputs: by name.
      outputs: by name.
    """

    inputs: Mapping[str, TensorInfo]
    outputs: Mapping[str, TensorInfo]

    @property
    def takes_examples(self) -> bool:
        """Whether it takes one tensor of strings, `[batch]`: serialized tf.Examples."""
        [*infos] = self.inputs.values()
        return len(infos) == 1 and infos[0].dtype.kind == "O" and len(infos[0].shape) == 1
