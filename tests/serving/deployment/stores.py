"""A registry that says of itself that it lies at an object store, and is read from this machine."""

from typing import Any

from serving.registry import Registry


class _AtStore:
    """All of a registry but its address."""

    def __init__(self, registry: Registry, address: str) -> None:
        self._registry = registry
        self.root = address

    def __getattr__(self, name: str) -> Any:
        return getattr(self._registry, name)


def at_store(registry: Registry, address: str) -> Any:
    """The registry with another address, which nothing asks."""
    return _AtStore(registry, address)
