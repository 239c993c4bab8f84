"""Brings what the registry says into the catalog: loads, moves traffic, unloads, in this order."""

import asyncio
import gc
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import TypeVar

from serving.registry import ModelVersion, Registry, RegistryError
from serving.saved_model import SavedModelError
from serving.server.batching import Runner
from serving.server.catalog import AVAILABLE, END, LOADING, UNLOADING, Catalog, Model, Version
from serving.server.errors import Code, RequestError, invalid
from serving.server.policy import Policy, Wanted
from serving.server.servable import Signature, load
from serving.tflite import TFLiteModelError

T = TypeVar("T")

log = logging.getLogger(__name__)
# After how long a version that could not be loaded is tried again.
_RETRY_SECS = 60


class Watcher:
    """Looks at the registry again and again.

    Args:
      catalog: what is kept as the registry says.
      registry: whose versions are served.
      models: names of the models; empty for all of the registry.
      policy: of each model, until a client configures another.
      variant: name of the TFLite file that is loaded in place of the SavedModel.
      make_runner: what calls a signature that was loaded.
      loader: whose thread reads the registry and loads models.
      poll_secs: between two looks.
    """

    def __init__(
        self,
        catalog: Catalog,
        registry: Registry,
        *,
        models: Sequence[str] = (),
        policy: Policy,
        variant: str | None,
        make_runner: Callable[[str, int, Signature], Runner],
        loader: Executor,
        poll_secs: float,
    ) -> None:
        self._catalog = catalog
        self._registry = registry
        self._names = tuple(models)
        self._policy = policy
        self._policies: dict[str, Policy] | None = None
        self._variant = variant
        self._make_runner = make_runner
        self._loader = loader
        self._poll_secs = poll_secs
        self._updates: dict[str, asyncio.Task] = {}
        self._unloads: set[asyncio.Task] = set()
        self._failed_secs: dict[tuple[str, int], float] = {}
        self._last_error = ""
        self._hidden: set[str] = set()
        self._found: dict[str, tuple[ModelVersion, ...]] = {}

    async def watch(self) -> None:
        """Looks until it is cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(self._poll_secs)

    async def look(self) -> None:
        """One look; models that are still being brought up from an earlier one are left to it."""
        try:
            found = await self._in_loader(self._read)
        except (RegistryError, OSError) as error:
            if str(error) != self._last_error:
                log.error("the registry cannot be read, what is loaded goes on serving: %s", error)
            self._last_error = str(error)
            return
        self._last_error = ""
        self._found = found
        found = {name: versions for name, versions in found.items() if name not in self._hidden}
        for name in [*found, *(set(self._catalog.models) - set(found))]:
            if name not in self._updates:
                update = asyncio.get_running_loop().create_task(self._update(name, found.get(name, ())))
                self._updates[name] = update
                update.add_done_callback(partial(self._end_update, name))

    def _end_update(self, name: str, update: asyncio.Task) -> None:
        del self._updates[name]
        if not update.cancelled() and update.exception():
            log.error("%s could not be brought up", name, exc_info=update.exception())

    async def settle(self) -> None:
        """Looks, and returns when all that the registry says is done."""
        await asyncio.gather(*self._updates.values(), return_exceptions=True)
        await self.look()
        await asyncio.gather(*self._updates.values(), return_exceptions=True)

    async def configure(self, policies: Mapping[str, Policy]) -> None:
        """Serves these models, each by its policy, and no others.

        Raises:
          RequestError: a model that the registry has not, or a label of a version that would not be served.
        """
        versions = {}
        for name, policy in policies.items():
            try:
                versions[name] = await self._in_loader(self._registry.versions, name)
            except RegistryError as error:
                raise invalid(str(error)) from None
            policy.check(versions[name], name)
        self._policies = dict(policies)
        await self.settle()

    async def hide(self, model: str) -> None:
        """Unloads a model, which stays so until `show`. Raises RequestError if there is no such model."""
        self._check_known(model)
        self._hidden.add(model)
        await self.settle()

    async def show(self, model: str) -> None:
        """Serves a model again. Raises RequestError if there is no such model, or if it cannot be loaded."""
        self._check_known(model)
        self._hidden.discard(model)
        await self.settle()
        served = self._catalog.models.get(model)
        if served is None or served.default is None:
            errors = [version.error for version in served.versions.values() if version.error] if served else []
            raise RequestError(Code.FAILED_PRECONDITION, f"{model} is not served: {'; '.join(errors) or 'no version'}")

    def index(self) -> list[dict[str, str]]:
        """State of each version that the registry has, as the model repository extension of V2 names them."""
        rows = []
        for name, versions in self._found.items():
            known = self._catalog.models.get(name)
            for version in versions:
                loaded = known.versions.get(version.number) if known else None
                state = "READY" if loaded and loaded.state == AVAILABLE else "UNAVAILABLE"
                reason = loaded.error if loaded else ""
                rows.append({"name": name, "version": str(version.number), "state": state, "reason": reason})
        return rows

    def _check_known(self, model: str) -> None:
        if model not in self._found:
            raise RequestError(Code.NOT_FOUND, f"{model} must be one of {', '.join(self._found)}. Received: {model}.")

    def _read(self) -> dict[str, tuple[ModelVersion, ...]]:
        names = self._policies if self._policies is not None else self._names or self._registry.models()
        return {name: self._registry.versions(name) for name in names}

    async def _update(self, name: str, versions: Sequence[ModelVersion]) -> None:
        policy = (self._policies or {}).get(name, self._policy)
        wanted = policy.apply(versions)
        model = self._catalog.models.setdefault(name, Model(name, policy))
        for version in versions:
            if version.number in wanted.versions and self._is_to_load(model, version.number):
                await self._load(model, version)
        self._move_traffic(model, wanted)
        if not versions:
            del self._catalog.models[name]

    def _is_to_load(self, model: Model, number: int) -> bool:
        known = model.versions.get(number)
        if known is None or not known.error:
            return known is None or known.state in (UNLOADING, END)
        return time.monotonic() - self._failed_secs[model.name, number] > _RETRY_SECS

    async def _load(self, model: Model, version: ModelVersion) -> None:
        number = version.number
        model.versions[number] = loading = Version(model.name, number, LOADING)
        try:
            signatures = await self._in_loader(load, self._registry.path(version), self._variant)
        except (SavedModelError, TFLiteModelError, RequestError, OSError) as error:
            loading.state, loading.error = END, str(error)
            self._failed_secs[model.name, number] = time.monotonic()
            serving = "nothing is served" if model.default is None else f"version {model.default} goes on serving"
            log.error("%s %d could not be loaded, %s: %s", model.name, number, serving, error)
            return
        loading.runners = {name: self._make_runner(model.name, number, each) for name, each in signatures.items()}
        loading.state = AVAILABLE
        log.info("%s %d is loaded", model.name, number)

    def _move_traffic(self, model: Model, wanted: Wanted) -> None:
        """Where the version that is asked for is not there, the one that was goes on."""
        available = {number for number, version in model.versions.items() if version.state == AVAILABLE}
        default = wanted.default if wanted.default in available or wanted.default is None else model.default
        labels = {
            label: number if number in available else model.labels.get(label, number)
            for label, number in wanted.labels.items()
        }
        labels = {label: number for label, number in labels.items() if number in available}
        if default != model.default:
            log.info("%s: version %s answers, after %s", model.name, default, model.default)
        model.default, model.labels = default, labels
        for number in available - wanted.versions - {default} - set(labels.values()):
            unload = asyncio.get_running_loop().create_task(self._unload(model.versions[number]))
            self._unloads.add(unload)
            unload.add_done_callback(self._unloads.discard)

    async def _unload(self, version: Version) -> None:
        version.state = UNLOADING
        await version.drained()
        version.runners = {}
        version.state = END
        log.info("%s %d is unloaded", version.model, version.number)
        # A loaded model holds itself in circles.
        await self._in_loader(gc.collect)

    async def _in_loader(self, function: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._loader, function, *args)
