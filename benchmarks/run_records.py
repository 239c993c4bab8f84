"""Records of runs, as benchmarks read them."""

from pathlib import Path

from records.run import RunRecord, read_run_record, recorded_runs


def newest_record(root: str | Path) -> RunRecord:
    """The record of the newest run on a root. Raises ValueError where it cannot be read."""
    path = recorded_runs(Path(root))[-1]
    record = read_run_record(path)
    if record is None:
        raise ValueError(f"A run must have left a record that can be read. Received: {path}")
    return record


def variant_metrics(record: RunRecord) -> dict[str, float]:
    """{variant: its metric on the test split} of the variants that were judged."""
    return {variant.name: variant.metric for variant in record.variants if variant.metric is not None}
