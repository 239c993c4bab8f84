"""The options of a task that an aspect of it reads."""

import inspect
from collections.abc import Iterable
from typing import Any

from tasks.aspects import METHODS, Aspect
from tasks.base import Task


def options_read(cls: type[Task], aspects: Iterable[Aspect]) -> frozenset[str]:
    """Names of the options that a step may read which asks a task for these aspects: those that `Task.reads` lists.

    A subclass that overrides a method of an aspect and has no `reads` of its own is taken to read all options there;
    one that overrides a method which belongs to no aspect, all options everywhere.
    """
    listing = next(each for each in cls.__mro__ if "reads" in vars(each))
    newer = cls.__mro__[: cls.__mro__.index(listing)]
    overridden = {name for each in newer for name, value in vars(each).items() if _is_method(name, value)}
    is_shared = not overridden <= frozenset().union(*METHODS.values())
    found: set[str] = set()
    for aspect in aspects:
        is_listed = aspect in cls.reads and not is_shared and overridden.isdisjoint(METHODS[aspect])
        found.update(cls.reads[aspect] if is_listed else cls.Options.model_fields)
    return frozenset(found)


def _is_method(name: str, value: Any) -> bool:
    """Whether it is a method or a property, however it is wrapped; a class, such as `Options`, is neither."""
    is_called = callable(value) or hasattr(value, "__get__")
    return not name.startswith("__") and is_called and not inspect.isclass(value)
