"""What EdgeEvaluator reads of the config's section `compress`. Needs neither TensorFlow nor TFX."""

from components.evaluator.options import MetricGate
from components.sections import Section
from compression.recipe import Precision, Recipe


class EdgeEvaluatorOptions(Section):
    """The variants and their limits; see `components.compressor.options.CompressConfig`."""

    variants: tuple[Precision | Recipe, ...]
    required: tuple[str, ...]
    gates: dict[str, MetricGate]
