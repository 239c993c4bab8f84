"""A writer that keeps what it is given."""

from typing import Any

from training.writers.forwarding import ForwardingWriter


class Recording(ForwardingWriter):
    """Keeps (method, *arguments)."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def forward(self, method: str, *args: Any) -> None:
        self.calls.append((method, *args))

    def of(self, method: str) -> list[tuple[Any, ...]]:
        """The arguments of each call of a method."""
        return [call[1:] for call in self.calls if call[0] == method]
