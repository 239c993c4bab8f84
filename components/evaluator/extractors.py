"""TFMA's extractors, with intervals of numeric features to slice by."""

from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2

from components.evaluator.recording import RECORDING
from records.slices import interval_text, parsed_interval_column

Columns = dict[str, tuple[str, tuple[float, ...]]]


def extractors(*, eval_config: config_pb2.EvalConfig, **arguments: Any) -> list[tfma.extractors.Extractor]:
    """TFMA's own, and before the slices are told one that finds each example's intervals.

    Args:
      eval_config: names the columns, which hold feature and boundaries; see `records.slices`.
      arguments: others of `tfma.default_extractors`.
    """
    found = list(tfma.default_extractors(eval_config=eval_config, **arguments))
    keys = [key for spec in eval_config.slicing_specs for key in spec.feature_keys]
    columns = {key: parsed for key in keys if (parsed := parsed_interval_column(key))}
    if columns:
        place = [each.stage_name for each in found].index(tfma.extractors.SLICE_KEY_EXTRACTOR_STAGE_NAME)
        stage = tfma.extractors.Extractor(stage_name="ExtractIntervals", ptransform=beam.Map(add_intervals, columns))
        found.insert(place, stage)
    if (recording := RECORDING.get()) is not None:
        found.append(tfma.extractors.Extractor(stage_name="RecordExamples", ptransform=recording(eval_config)))
    return found


def add_intervals(extracts: dict[str, Any], columns: Columns) -> dict[str, Any]:
    """The extracts of an example with a feature for each column; none where the example has no number.

    Args:
      extracts: TFMA's, of one example.
      columns: {column: (feature, boundaries)}.
    """
    features = dict(extracts[tfma.FEATURES_KEY])
    for column, (feature, boundaries) in columns.items():
        values: Any = features.get(feature)
        # A feature that an example may lack is sparse.
        numbers = np.ravel([] if values is None else getattr(values, "values", values))
        texts = [interval_text(float(number), boundaries).encode() for number in numbers if not np.isnan(number)]
        if texts:
            features[column] = np.array(texts, object)
    return {**extracts, tfma.FEATURES_KEY: features}
