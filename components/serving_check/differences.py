"""Findings on how far what is served is from the trained model."""

from components.serving_check.options import GATE
from records.findings import Finding


def difference_finding(
    where: str, output: str, difference: float | Exception, limit: float, *, variant: str = ""
) -> Finding:
    """An exception in place of a difference says why there are no outputs to compare."""
    if isinstance(difference, Exception):
        value: float | str = f"none: {difference}".rstrip(".")
        is_kept = False
    else:
        value, is_kept = difference, difference <= limit
    return Finding(
        gate=GATE,
        metric=f"difference of {output} from the trained model",
        where=where,
        value=value,
        limit=f"<= {limit:g}",
        passed=is_kept,
        variant=variant,
    )
