"""Hooks that write what happens in training. None draws a random number or changes a variable::

    hooks = [
        HParamsSummary(writer, values={"learning_rate": 1e-3, "batch_size": 64}),
        GraphSummary(writer),
        ScalarSummaries(writer),
        WeightSummaries(writer),
        ClassificationSummaries(writer, inputs={"image": images}, labels=labels, names=["cat", "dog"]),
        ProfilerWindow(directory, first_step=20, steps=10),
    ]

They flush the writer at the end; whoever made it closes it.
"""

from training.summaries.run import GraphSummary, HParamsSummary, ProfilerWindow
from training.summaries.samples import ClassificationSummaries
from training.summaries.scalars import ScalarSummaries
from training.summaries.weights import WeightSummaries

__all__ = [
    "ClassificationSummaries",
    "GraphSummary",
    "HParamsSummary",
    "ProfilerWindow",
    "ScalarSummaries",
    "WeightSummaries",
]
