"""Keeps from the terminal what libraries print about themselves when a user's module imports them.

No environment variable does that: TF_CPP_MIN_LOG_LEVEL=2 leaves lines that TensorFlow marks as errors without there
being one, and as it holds for the whole process, it would keep warnings out of a run's log too.
"""

import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator

# TensorFlow's C++ log has two forms, of which one comes before the other is set up. Python's warnings about what is
# installed are followed by a line of its source.
_NOISE = re.compile(
    rb"""^(?:
        [\d-]{10}\ [\d:.]+:\ (?:[IW]\ |E\ .*\ Unable\ to\ register\ cu\w+\ factory).*
        | (?:[IW]\d{4}|E\d{4}(?=.*\ Unable\ to\ register\ cu\w+\ factory))\ [\d:.]+\ +\d+\ [\w./]+:\d+\].*
        | To\ enable\ the\ following\ instructions:.*
        | WARNING:\ All\ log\ messages\ before\ absl::InitializeLog\(\)\ is\ called\ are\ written\ to\ STDERR
        | \S+/(?:site|dist)-packages/\S+:\d+:\ \w*Warning:\ .*(?:\n\ \ .*)?
    )\n""",
    re.VERBOSE | re.MULTILINE,
)


@contextlib.contextmanager
def without_vendor_noise() -> Iterator[None]:
    """Holds back what is written to stderr inside, and passes it on at the end without libraries' lines.

    On the file descriptor, because TensorFlow's C++ code writes there.
    """
    try:
        stderr = os.dup(2)
    except OSError:
        # Nobody reads it: it is closed.
        yield
        return
    sys.stderr.flush()
    with tempfile.TemporaryFile() as written:
        os.dup2(written.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            written.seek(0)
            with os.fdopen(2, "wb", closefd=False) as terminal:
                terminal.write(_NOISE.sub(b"", written.read()))
