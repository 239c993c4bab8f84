"""Tables of this process, as files that a run's steps read."""

import hashlib
import os
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError

FRAMES_FOLDER = "frames"
# Each is read by itself.
ROWS_OF_A_GROUP = 100_000


def source_of(frame: Any, root: str | os.PathLike[str] | None) -> dict[str, Any]:
    """Values for `set` that make a Parquet file of the frame the source of a run.

    The file lies in ROOT/frames, under a name that its content decides: the same frame is written once, and steps that
    read it are taken from the cache.

    Args:
      frame: a pandas.DataFrame, a pyarrow.Table, or a mapping from names to columns of one length.
      root: the run's root.

    Raises:
      UsageError: there is no root to keep it in, or it is no table.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if root is None:
        raise UsageError("data is kept in the run's root, so that steps and later runs find it. Received: no root.")
    try:
        table = _table(frame)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise UsageError(
            f"data must be a DataFrame, a pyarrow.Table or a mapping from names to columns of one length. Received: "
            f"{type(frame).__name__}; {error}"
        ) from None
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, row_group_size=ROWS_OF_A_GROUP)
    content = sink.getvalue().to_pybytes()
    folder = Path(root).expanduser().resolve() / FRAMES_FOLDER
    path = folder / f"{hashlib.sha256(content).hexdigest()[:16]}.parquet"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_bytes(content)
        partial.replace(path)
    return {"options.source.kind": "parquet", "options.source.file": str(path), "options.source.files": None}


def _table(frame: Any) -> Any:
    import pandas as pd
    import pyarrow as pa

    if isinstance(frame, pa.Table):
        return frame
    if isinstance(frame, pd.DataFrame):
        return pa.Table.from_pandas(frame, preserve_index=False)
    return pa.table({name: pa.array(column, from_pandas=True) for name, column in dict(frame).items()})
