"""The cause of an error, where a library hides it.

Beam raises a worker's error anew, as one of the same class if it can make one, as a RuntimeError if not, and from
workers in threads or processes of their own as a RuntimeError whose message is the worker's traceback. TensorFlow and
Keras Tuner also put tracebacks into messages.
"""

import builtins
import errno
import re
import sys
from collections.abc import Iterator

from data.tensorflow_errors import without_kernels
from pipeline.errors import RunError, UserError
from records.stores import StoreError

_HEADER = "Traceback (most recent call last):"
# Below a traceback's frames, which are indented: a class, and its message up to an empty line.
_RAISED = re.compile(r"^(?P<path>[A-Za-z_][\w.<>]*)(?:: (?P<message>.*?))?(?=\n\s*\n|\s*\Z)", re.MULTILINE | re.DOTALL)
# What TensorFlow puts before the message of an error in a function that it traced.
_AUTOGRAPH = "in user code:"
_MAX_CHARACTERS = 500
# Packages whose errors are those of stores.
_CLIENTS = ("botocore", "aiobotocore", "aiohttp")
_ADDRESS = re.compile(r"\b(gs|s3)://")


def user_error(error: BaseException) -> BaseException | None:
    """The error behind this one that is a `UserError`; None if there is none."""
    for each in _chain(error):
        if isinstance(each, UserError):
            return each
        known = named_class(each)
        if isinstance(known, UserError):
            found = RunError(_last_raised(str(each))[1])
            found.title, found.exit_code = known.title, known.exit_code
            return found
    return None


def named_class(error: BaseException) -> type | None:
    """The class of the error whose traceback is this one's message; None where there is none, or it is not known."""
    module, _, name = _last_raised(str(error))[0].rpartition(".")
    known = getattr(sys.modules.get(module) if module else builtins, name, None)
    return known if isinstance(known, type) else None


def store_error(error: BaseException) -> StoreError | None:
    """What to tell of an object store that did not give what was asked for; None if no store is behind the error."""
    for each in _chain(error):
        client = type(each).__module__.partition(".")[0]
        # TensorFlow has the address in what it says.
        if client in _CLIENTS or (client == "tensorflow" and _ADDRESS.search(str(each))):
            return StoreError(
                f"an object store must give what it is asked for. Received: {describe_error(error)}. See that the "
                f"bucket is there and that the environment has credentials for it; docs/object_stores.md names them."
            )
    return None


def describe_error(error: BaseException) -> str:
    """The classes and first lines of an error and its causes, the outermost first, each cause once."""
    found: list[str] = []
    for each in _chain(error):
        text = str(each)
        path, message = _last_raised(text)
        own = text.partition(_HEADER)[0]
        if own.strip() or not path:
            found.append(_line(type(each).__name__, own))
        if path:
            found.append(_line(path.rpartition(".")[2], message))
    # Beam's own error repeats that of a worker, and TensorFlow's the first line of a Python function's.
    return ", caused by ".join(
        line for number, line in enumerate(found) if not any(line in before for before in found[:number])
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        # Other contexts are of errors that were being handled, and need not be why this one was raised.
        is_beams = getattr(error, "_tagged_with_step", False)
        error = error.__cause__ or (error.__context__ if is_beams else None)


def _last_raised(text: str) -> tuple[str, str]:
    """(path of the class, message) of what the last traceback in a text ends with; empty where there is none."""
    _, header, last = text.rpartition(_HEADER)
    raised = _RAISED.search(last) if header else None
    return (raised["path"], raised["message"] or "") if raised else ("", "")


def _line(name: str, text: str) -> str:
    if text.lstrip().startswith(_AUTOGRAPH):
        # The frames, indented, come first.
        text = text.strip().rpartition("\n\n")[2].strip().removeprefix(f"{name}: ")
    lines = without_kernels(text).strip().splitlines()
    return f"{name}: {lines[0][:_MAX_CHARACTERS]}" if lines else name


def disk_is_full(error: BaseException | None) -> bool:
    """Whether a full disk is behind an error; Beam, TensorFlow and SQLite each say it in words of their own."""
    while error is not None:
        if getattr(error, "errno", None) == errno.ENOSPC:
            return True
        if any(words in str(error) for words in ("No space left on device", "disk is full")):
            return True
        error = error.__cause__ or error.__context__
    return False
