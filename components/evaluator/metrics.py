"""Metrics out of TFMA's files."""

from records.evaluation import CANDIDATE, Interval, confidence_interval


def overall_metrics(uri: str) -> dict[str, dict[str, float]]:
    """{model name: {metric: value over all examples}}; a model that was evaluated alone has the name ''."""
    import tensorflow_model_analysis as tfma

    found: dict[str, dict[str, float]] = {}
    for metrics in tfma.load_metrics(uri):
        if not metrics.slice_key.single_slice_keys:
            for item in metrics.metric_keys_and_values:
                if item.value.HasField("double_value") and not item.key.is_diff:
                    found.setdefault(item.key.model_name, {})[item.key.name] = item.value.double_value.value
    return found


def candidate_metrics(uri: str) -> dict[str, float]:
    """The metrics of the model under judgement, with or without a baseline beside it."""
    found = overall_metrics(uri)
    return found.get(CANDIDATE) or found.get("", {})


def candidate_intervals(uri: str) -> dict[str, Interval]:
    """Where these metrics are with a confidence of 95 %; empty where nobody asked."""
    import tensorflow_model_analysis as tfma

    return {
        item.key.name: interval
        for metrics in tfma.load_metrics(uri)
        if not metrics.slice_key.single_slice_keys
        for item in metrics.metric_keys_and_values
        if item.key.model_name in ("", CANDIDATE) and not item.key.is_diff and (interval := confidence_interval(item))
    }
