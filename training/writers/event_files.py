"""What earlier processes left in TensorBoard's event files."""

import tensorflow as tf
from etils import epath

PATTERN = "*tfevents*"


def drop_steps_after(directory: epath.Path, step: int) -> None:
    """Takes what lies beyond a step out of a directory's event files, each of which is replaced as a whole.

    TensorBoard's own way, a SessionLog.START event at which readers forget later steps, is up to the reader: it passes
    over the first one in a directory, and `EventAccumulator` forgets no summary of TensorFlow 2.

    Args:
      directory: may be missing.
      step: the last one that is kept.
    """
    for path in sorted(directory.glob(PATTERN)) if directory.exists() else []:
        temporary = path.parent / f".{path.name}.tmp"
        dropped = False
        with tf.io.TFRecordWriter(str(temporary)) as kept:
            try:
                for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
                    if tf.compat.v1.Event.FromString(record).step <= step:
                        kept.write(record)
                    else:
                        dropped = True
            except tf.errors.DataLossError:
                # The end that a kill tore.
                dropped = True
        if dropped:
            temporary.replace(path)
        else:
            temporary.unlink()
