"""Inference with a SavedModel. Needs TensorFlow, which is imported when a model is loaded.

model = SavedModel("registry/digits/3")
logits = model.predict({"image": images})["logits"]
"""

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from serving.inference import Arrays, InferenceModel
from serving.readable import readable
from serving.tensor_info import TensorInfo


class SavedModelError(RuntimeError):
    """A directory that is no SavedModel with the signature asked for, or one that cannot be run as asked."""

    title = "SavedModel"
    exit_code = 1


def load_saved_model(path: str | os.PathLike[str]) -> Any:
    """What TensorFlow makes of a SavedModel. Raises SavedModelError where that is nothing."""
    import tensorflow as tf

    try:
        with readable(path) as directory:
            return tf.saved_model.load(directory)
    except (OSError, ValueError, tf.errors.OpError) as error:
        reason = " ".join(str(error).split())[:300]
        raise SavedModelError(
            f"a model must be a readable SavedModel. Received: {path} ({reason}). Export the model again."
        ) from None


class SavedModel(InferenceModel):
    """One signature of a SavedModel. Threads may share it."""

    def __init__(
        self, path: str | os.PathLike[str], *, signature: str = "predict", num_threads: int | None = None
    ) -> None:
        """Loads the directory, from any file system that `records.stores` names.

        Args:
          path: the SavedModel's directory.
          signature: name of the signature that `predict` calls.
          num_threads: threads of one call. They are set for all of the process's TensorFlow, before its first op. None
            leaves the process as it is.

        Raises:
          SavedModelError: `path` is no such SavedModel, or TensorFlow runs with other threads already.
        """
        if num_threads is not None:
            _set_threads(num_threads)
        self._take(path, load_saved_model(path), signature)

    def with_signature(self, signature: str) -> "SavedModel":
        """Another signature of the same SavedModel, which is not loaded again.

        Raises:
          SavedModelError: it has no such signature.
        """
        other = SavedModel.__new__(SavedModel)
        other._take(self._path, self._loaded, signature)
        return other

    def _take(self, path: str | os.PathLike[str], loaded: Any, signature: str) -> None:
        super().__init__()
        # A function alone would let its variables go.
        self._path, self._loaded = path, loaded
        if signature not in loaded.signatures:
            raise SavedModelError(
                f"the signature must be one of the SavedModel's ({', '.join(loaded.signatures) or 'none'}). "
                f"Received: {signature}. Name another, or export the model with it."
            )
        self._function = loaded.signatures[signature]
        self.inputs = {name: _info(name, spec) for name, spec in self._function.structured_input_signature[1].items()}
        self.outputs = {name: _info(name, spec) for name, spec in self._function.structured_outputs.items()}

    def _widen(self, batch_size: int) -> bool:
        return self.own_batch_size in (None, batch_size)

    def _bind(self, arrays: Arrays) -> Callable[[], dict[str, np.ndarray]]:
        import tensorflow as tf

        tensors = {name: tf.constant(arrays[name].astype(info.dtype)) for name, info in self.inputs.items()}
        # To NumPy, for a call on a GPU returns before it is done.
        return lambda: {name: value.numpy() for name, value in self._function(**tensors).items()}

    def _run(self, arrays: Arrays) -> dict[str, np.ndarray]:
        return self._bind(arrays)()


def _set_threads(num_threads: int) -> None:
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(num_threads)
        tf.config.threading.set_inter_op_parallelism_threads(num_threads)
    except RuntimeError:
        raise SavedModelError(
            f"threads must be chosen before TensorFlow's first op. Received: num_threads={num_threads}, too late. "
            "Load the model first, or in a process of its own."
        ) from None


def _info(name: str, spec: Any) -> TensorInfo:
    return TensorInfo(name=name, shape=tuple(spec.shape), dtype=np.dtype(spec.dtype.as_numpy_dtype))
