"""Errors on their way from one process to another."""

import contextlib
import pickle
from dataclasses import dataclass
from typing import Literal

Link = Literal["cause", "context"]


@dataclass(frozen=True)
class _Described:
    """An error that does not survive being pickled: the name of its class and its message."""

    name: str
    message: str


@dataclass(frozen=True)
class CarriedError:
    """An error and those behind it, in a form that can be pickled; pickling an error alone loses what caused it.

    Attributes:
      errors: each as a pickle, the outermost first.
      links: what each is to the one before it, from the second on.
    """

    errors: tuple[bytes, ...]
    links: tuple[Link, ...]

    @classmethod
    def of(cls, error: BaseException) -> "CarriedError":
        """The error as it was raised."""
        errors, links = [_pickled(error)], list[Link]()
        seen = {id(error)}
        link, behind = _behind(error)
        while behind is not None and id(behind) not in seen:
            errors.append(_pickled(behind))
            links.append(link)
            seen.add(id(behind))
            link, behind = _behind(behind)
        return cls(tuple(errors), tuple(links))

    def restore(self) -> BaseException:
        """The error, with those behind it. One that cannot be pickled comes as a RuntimeError of the same name."""
        errors = [_unpickled(error) for error in self.errors]
        for before, link, error in zip(errors, self.links, errors[1:], strict=False):
            if link == "cause":
                before.__cause__ = error
            else:
                before.__context__ = error
        return errors[0]


def _behind(error: BaseException) -> tuple[Link, BaseException | None]:
    if error.__cause__ is not None:
        return "cause", error.__cause__
    return "context", None if error.__suppress_context__ else error.__context__


def _pickled(error: BaseException) -> bytes:
    # What an error's own __init__ or __reduce__ raises is anyone's.
    with contextlib.suppress(Exception):
        pickled = pickle.dumps(error)
        again = pickle.loads(pickled)
        if type(again) is type(error) and str(again) == str(error):
            return pickled
    return pickle.dumps(_Described(type(error).__name__, str(error)))


def _unpickled(pickled: bytes) -> BaseException:
    error = pickle.loads(pickled)
    return type(error.name, (RuntimeError,), {})(error.message) if isinstance(error, _Described) else error
