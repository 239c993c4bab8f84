"""The aspects of a task that a node's executor asks for; see `tasks.aspects`."""

from collections.abc import Mapping

from tasks.aspects import Aspect

TRAINED: tuple[Aspect, ...] = ("training", "serving")
ASPECTS: Mapping[str, tuple[Aspect, ...]] = {
    "ExampleGen": ("source",),
    "SchemaGen": ("schema",),
    "Transform": ("preprocessing",),
    "Tuner": ("training",),
    "Trainer": TRAINED,
    "Baseline": ("serving",),
    "Evaluator": ("evaluation",),
    "Compressor": (*TRAINED, "evaluation"),
    "EdgeEvaluator": ("evaluation", "serving"),
    "ServingCheck": ("serving",),
    "Pusher": ("serving",),
    "BulkInferrer": ("source", "serving"),
}
