"""What the process that converts is asked for, and where it finds and leaves files."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from compression.precisions import Precision

REQUEST_FILE = "request.json"
SAMPLE_FILE = "representative_sample.npz"
FAILURE_FILE = "failure.json"


class ConversionRequest(BaseModel):
    """A conversion.

    Attributes:
      saved_model: the directory.
      signature: what is converted of it.
      precisions: of the files.
      keep_float: patterns of the paths of layers that stay float32 in all of them.
      select_ops: TensorFlow ops that may be in the file though they are none of TFLite's, such as `tf.Svd`.
      quantization_aware: whether the graph says by fake-quantization nodes how it is quantized.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    saved_model: str
    signature: str
    precisions: tuple[Precision, ...]
    keep_float: tuple[str, ...] = ()
    select_ops: tuple[str, ...] = ()
    quantization_aware: bool = False

    def write(self, directory: Path) -> None:
        """For the process, into the directory that it works in."""
        (directory / REQUEST_FILE).write_text(self.model_dump_json())

    @classmethod
    def read(cls, directory: Path) -> "ConversionRequest":
        """What `write` wrote."""
        return cls.model_validate_json((directory / REQUEST_FILE).read_text())
