"""The stage that keeps examples, from a step to the extractors that TFX makes in it.

TFX calls them by name, with arguments of its own, and loads their module anew before it does: hence a module for this.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

import apache_beam as beam
from tensorflow_model_analysis.proto import config_pb2

Recording: TypeAlias = Callable[[config_pb2.EvalConfig], beam.PTransform]
"""Makes the stage for the EvalConfig that TFX has made of the given one."""

RECORDING: ContextVar[Recording | None] = ContextVar("recording", default=None)


@contextmanager
def recording_examples(made: Recording) -> Iterator[None]:
    """Lets `components.evaluator.extractors` add the stage, as long as a pipeline is put together."""
    token = RECORDING.set(made)
    try:
        yield
    finally:
        RECORDING.reset(token)
