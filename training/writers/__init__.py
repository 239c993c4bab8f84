"""Where training writes what it measures: files that people and tools read, and wrappers that compose.

A failing writer must not end training, and must not slow it down::

    log = epath.Path("output/digits/log")
    writer = AsyncWriter(
        MultiWriter(
            [
                GuardedWriter(JsonlWriter(log / "scalars.jsonl", resume_step=step)),
                GuardedWriter(TensorBoardWriter(log / "tensorboard", resume_step=step)),
            ]
        )
    )

In this order each file fails alone, in the background thread. Wrapped the other way, `GuardedWriter(AsyncWriter(…))`
hears of a failure one call later and leaves out everything inside.
"""

from training.writers.asynchronous import AsyncWriter
from training.writers.base import Writer
from training.writers.csv_file import CsvWriter
from training.writers.guarded import GuardedWriter
from training.writers.jsonl import JsonlWriter
from training.writers.multi import MultiWriter
from training.writers.tensorboard import TensorBoardWriter

__all__ = [
    "AsyncWriter",
    "CsvWriter",
    "GuardedWriter",
    "JsonlWriter",
    "MultiWriter",
    "TensorBoardWriter",
    "Writer",
]
