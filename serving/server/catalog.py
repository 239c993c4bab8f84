"""The models of a server, their versions, and which one answers a request.

All of it belongs to the event loop's thread.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from serving.server.batching import Runner
from serving.server.errors import Code, RequestError, invalid
from serving.server.policy import Policy
from serving.server.servable import DEFAULT_SIGNATURE

# States as in get_model_status.proto.
LOADING, AVAILABLE, UNLOADING, END = "LOADING", "AVAILABLE", "UNLOADING", "END"


@dataclass
class Version:
    """One version of a model.

    Attributes:
      model: name of the model.
      number: its number.
      state: as get_model_status.proto names it.
      error: why it could not be loaded; empty if it could.
      runners: its signatures by name, while it is available or unloading.
      requests: how many are under way.
    """

    model: str
    number: int
    state: str = LOADING
    error: str = ""
    runners: Mapping[str, Runner] = field(default_factory=dict)
    requests: int = 0
    _idle: asyncio.Event = field(default_factory=asyncio.Event)

    def runner(self, signature: str) -> Runner:
        """A signature; the default one if the name is empty. Raises RequestError."""
        name = signature or DEFAULT_SIGNATURE
        if name not in self.runners:
            raise invalid(f'Serving signature name: "{name}" not found in signature def')
        return self.runners[name]

    @contextmanager
    def in_use(self) -> Iterator["Version"]:
        """It stays loaded while inside."""
        self.requests += 1
        self._idle.clear()
        try:
            yield self
        finally:
            self.requests -= 1
            if not self.requests:
                self._idle.set()

    async def drained(self) -> None:
        """Returns when no request is under way."""
        while self.requests:
            await self._idle.wait()


@dataclass
class Model:
    """A model: its versions by number, and where requests go."""

    name: str
    policy: Policy
    versions: dict[int, Version] = field(default_factory=dict)
    default: int | None = None
    labels: Mapping[str, int] = field(default_factory=dict)


class Catalog:
    """The models of a server by name."""

    def __init__(self) -> None:
        self.models: dict[str, Model] = {}

    def find(self, model: str, number: int | None = None, label: str | None = None) -> Version:
        """The version that answers a request.

        Args:
          model: name of the model.
          number: number of the version.
          label: its label, instead; without both, the default version answers.

        Raises:
          RequestError: there is none.
        """
        if not model:
            raise invalid("ModelSpec has no name specified.")
        known = self.models.get(model)
        if label is not None:
            if known is None or label not in known.labels:
                raise invalid(f"Unrecognized servable version label: {label}")
            number = known.labels[label]
        asked = f"Latest({model})" if number is None else f"Specific({model}, {number})"
        chosen = known.default if known and number is None else number
        version = known.versions.get(chosen) if known and chosen is not None else None
        if version is None or version.state != AVAILABLE:
            raise RequestError(Code.NOT_FOUND, f"Servable not found for request: {asked}")
        return version

    def statuses(self, model: str, number: int | None = None, label: str | None = None) -> list[Version]:
        """All versions of a model, or the one that is named. Raises RequestError if there is none."""
        known = self.models.get(model)
        if label is not None:
            number = self.find(model, label=label).number
        if number is None:
            if known is None or not known.versions:
                raise RequestError(Code.NOT_FOUND, f"Could not find any versions of model {model}")
            return [known.versions[each] for each in sorted(known.versions, reverse=True)]
        if known is None or number not in known.versions:
            raise RequestError(Code.NOT_FOUND, f"Could not find version {number} of model {model}")
        return [known.versions[number]]

    @property
    def is_ready(self) -> bool:
        """Whether each model has a version that answers."""
        return bool(self.models) and all(model.default is not None for model in self.models.values())
