"""The registries: versions with their stages and history, what each variant costs, files to take along."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from starlette.responses import Response

from inspection.app.roots import Root
from inspection.app.security import read_form
from inspection.app.site import Site, TheSite
from records.bundle import BUNDLE
from records.run import RunRecord
from serving.registry import STAGES, ModelVersion, Registry, RegistryError

router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class VersionView:
    """A version, newest first on its page.

    Attributes:
      version: as the registry has it.
      files: names of the bundle's files with their sizes in bytes.
      record: the record of the run that pushed it; None where the root has it no longer.
    """

    version: ModelVersion
    files: dict[str, int]
    record: RunRecord | None


@router.get("/models")
def models(site: TheSite) -> HTMLResponse:
    """All models of all roots' registries."""
    found = []
    for root in site.roots.values():
        for number, registry in enumerate(root.registries()):
            for name in registry.models():
                versions = registry.versions(name)
                production = next((version for version in versions if version.stage == "production"), None)
                found.append((root, number, registry, name, versions[-1], production, len(versions)))
    return site.page("models.html", tab="/models", found=found)


@router.get("/models/{root_name}/{registry_number}/{model}")
def model(site: TheSite, root_name: str, registry_number: int, model: str) -> HTMLResponse:
    """The versions of a model, the newest first."""
    root = site.root(root_name)
    registry = _registry(root, registry_number)
    outlines = root.outlines()
    views = [
        VersionView(version=version, files=_files(registry, version), record=_pusher(root, outlines, registry, version))
        for version in reversed(_versions(registry, model))
    ]
    return site.page(
        "model.html",
        tab="/models",
        root=root,
        number=registry_number,
        registry=registry,
        model=model,
        views=views,
        stages=STAGES,
    )


@router.get("/models/{root_name}/{registry_number}/{model}/{version_number}/{file}")
def download(
    site: TheSite, root_name: str, registry_number: int, model: str, version_number: int, file: str
) -> FileResponse:
    """A file of a version's bundle, which is looked up among those that are there."""
    registry = _registry(site.root(root_name), registry_number)
    version = _version(registry, model, version_number)
    if file not in _files(registry, version):
        raise HTTPException(404, "the version has no file of that name")
    return FileResponse(_bundle(registry, version) / file, filename=f"{model}-{version_number}-{file}")


@router.post("/models/{root_name}/{registry_number}/{model}/move")
async def move(site: TheSite, request: Request, root_name: str, registry_number: int, model: str) -> Response:
    """Moves a label, or rolls back; first asks whether that is meant."""
    fields = await _allowed_fields(site, request)
    root = site.root(root_name)
    registry = _registry(root, registry_number)
    action, number, stage = fields.get("action", ""), fields.get("version", ""), fields.get("stage", "")
    if action not in ("label", "rollback") or (action == "label" and (not number.isdecimal() or stage not in STAGES)):
        raise HTTPException(400, "the form must name a version and one of the stages, or ask for a rollback")
    _versions(registry, model)
    if fields.get("confirmed") != "yes":
        what = f"Give version {number} the stage {stage}" if action == "label" else "Give production back"
        return site.page(
            "confirm.html", tab="/models", root=root, number=registry_number, model=model, what=what, fields=fields
        )
    try:
        if action == "label":
            registry.label(model, int(number), next(each for each in STAGES if each == stage))
        else:
            registry.rollback(model)
    except RegistryError as error:
        raise HTTPException(409, str(error)) from None
    place = "/".join(quote(part, safe="") for part in (root_name, str(registry_number), model))
    return RedirectResponse(f"/models/{place}", status_code=303)


async def _allowed_fields(site: Site, request: Request) -> dict[str, str]:
    if not site.allow_actions:
        raise HTTPException(403, "the app is read-only; start `slipway ui` with --allow-actions")
    return await read_form(request, site.token)


def _registry(root: Root, number: int) -> Registry:
    registries = root.registries()
    if not 0 <= number < len(registries):
        raise HTTPException(404, f"{root.name} has no registry of that number")
    return registries[number]


def _versions(registry: Registry, model: str) -> tuple[ModelVersion, ...]:
    if model not in registry.models():
        raise HTTPException(404, "the registry has no model of that name")
    return registry.versions(model)


def _version(registry: Registry, model: str, number: int) -> ModelVersion:
    found = next((version for version in _versions(registry, model) if version.number == number), None)
    if found is None:
        raise HTTPException(404, "the model has no version of that number")
    return found


def _bundle(registry: Registry, version: ModelVersion) -> Path:
    return Path(registry.path(version)) / BUNDLE


def _files(registry: Registry, version: ModelVersion) -> dict[str, int]:
    folder = _bundle(registry, version)
    if not folder.is_dir():
        return {}
    # A link could lead anywhere.
    return {
        path.name: path.stat().st_size for path in sorted(folder.iterdir()) if path.is_file() and not path.is_symlink()
    }


def _pusher(root: Root, outlines: Sequence[RunRecord], registry: Registry, version: ModelVersion) -> RunRecord | None:
    """The record of the run that pushed a version."""
    place = str(registry.path(version))
    runs = [each.run_id for each in outlines for push in each.pushes if push.in_this_run and push.destination == place]
    return root.record(runs[-1]) if runs else None
