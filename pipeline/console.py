"""Keeps the terminal for people: what libraries write to stdout, stderr and the log goes to the run's log file."""

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console


@contextlib.contextmanager
def quiet_terminal(log_file: Path) -> Iterator[Console]:
    """Sends file descriptors 1 and 2 and the root logger to `log_file`; yields a console on the real stdout.

    On file descriptors, because TensorFlow's C++ code writes there.
    """
    log_file.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    saved = [os.dup(descriptor) for descriptor in (1, 2)]
    handler = logging.FileHandler(log_file)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    previous_level = root.level
    with log_file.open("ab") as log, os.fdopen(os.dup(saved[0]), "w") as terminal:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        root.addHandler(handler)
        root.setLevel(logging.INFO)
        logging.captureWarnings(True)
        try:
            yield Console(file=terminal)
        finally:
            logging.captureWarnings(False)
            root.removeHandler(handler)
            root.setLevel(previous_level)
            for close in (handler.close, sys.stdout.flush, sys.stderr.flush):
                # On a full disk the log cannot be written to its end; the terminal must come back all the same.
                with contextlib.suppress(OSError):
                    close()
            for descriptor, original in zip((1, 2), saved, strict=True):
                os.dup2(original, descriptor)
                os.close(original)
