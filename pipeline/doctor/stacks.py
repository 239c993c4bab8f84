"""The stacks that a Python can hold, and what each needs of the machine. scripts/setup.sh chooses between them."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Stack:
    """One lock of requirements/.

    Attributes:
      name: as `SLIPWAY_STACK` takes it.
      tensorflow: its minor version.
      pythons: those that it runs on.
      min_glibc: the newest that a wheel in the lock asks for.
    """

    name: str
    tensorflow: str
    pythons: tuple[tuple[int, int], ...]
    min_glibc: tuple[int, int]

    def __str__(self) -> str:
        return f"{self.name} (TensorFlow {self.tensorflow})"


CURRENT = Stack(name="tfx-1.21", tensorflow="2.21", pythons=((3, 12), (3, 13)), min_glibc=(2, 39))
OLDER = Stack(name="tfx-1.16", tensorflow="2.16", pythons=((3, 11),), min_glibc=(2, 28))


def stack_of(python: tuple[int, int]) -> Stack | None:
    """The stack that runs on a Python; None if none does."""
    return next((stack for stack in (CURRENT, OLDER) if python in stack.pythons), None)
