"""What the newest run of a root came to."""

from pathlib import Path

from records.run import RunRecord, read_run_record, recorded_runs


def newest_record(root: Path) -> RunRecord:
    """The record of the newest run.

    Raises:
      RuntimeError: the root has no run that left a record.
    """
    record = next((read_run_record(directory) for directory in reversed(recorded_runs(root))), None)
    if record is None:
        raise RuntimeError(f"a run must have left a record. Received: {root}, which has none.")
    return record


def variant_metrics(record: RunRecord) -> dict[str, float]:
    """{variant: the task's first metric on the test split}, of the variants that it was computed for."""
    return {variant.name: variant.metric for variant in record.variants if variant.metric is not None}
