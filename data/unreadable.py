"""Examples that cannot be read: refused, or counted and left out."""

import logging
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, Field

from data.errors import DataError

# Among the repairs of a source.
UNREADABLE = "unreadable examples left out"
NUM_SHOWN = 5

logger = logging.getLogger("slipway.data")


class Unreadable(BaseModel):
    """Options of a source whose files others write."""

    unreadable: Literal["refuse", "skip"] = Field(
        "refuse",
        description="What to do with unreadable examples; skip: they are named in the log, counted and left out.",
    )
    max_unreadable: float = Field(0.01, gt=0, lt=1, description="Largest share of all examples that may be skipped.")

    def allowed_unreadable(self) -> float:
        """Share of the examples that may be left out."""
        return self.max_unreadable if self.unreadable == "skip" else 0.0


def leave_out(defects: Sequence[str], *, total: int, allowed: float) -> None:
    """Names the examples that are left out in the log.

    Args:
      defects: place and defect of each unreadable example.
      total: number of all examples.
      allowed: largest share that may be left out.

    Raises:
      DataError: they are more; names the first ones.
    """
    if len(defects) <= allowed * total:
        for defect in defects:
            logger.warning("left out: %s", defect)
        return
    shown = "\n  ".join(defects[:NUM_SHOWN])
    more = f"\n  and {len(defects) - NUM_SHOWN} more" if len(defects) > NUM_SHOWN else ""
    rule = (
        f"at most {allowed:.2%} of the source's examples may be unreadable"
        if allowed
        else "every example of the source must be readable"
    )
    raise DataError(
        f"{rule}. Received {len(defects):,} of {total:,} that are not:\n  {shown}{more}\n"
        f"  Repair or remove them. A few can be left out by options.source.unreadable: skip, within max_unreadable."
    )
