"""What the registry knows of a model's versions, and the rules of the stage labels. Pure: reads and writes no file.

    index = Index().with_version(version)            # a push
    index = index.with_stage(2, "production", at=…)  # a label
    index = index.with_rollback(at=…)

Whatever sequence of these is applied: at most one version is `canary`, at most one is `production`, and once a version
has been `production`, exactly one is, until its directory is deleted or its label is taken away by force.
"""

import json
from collections.abc import Collection, Iterable
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt

from serving.registry.errors import RegistryError

Stage = Literal["candidate", "canary", "production", "archived"]
STAGES: tuple[Stage, ...] = get_args(Stage)
EXCLUSIVE_STAGES: tuple[Stage, ...] = ("canary", "production")
# A version is archived by what becomes of others, or by hand.
PUSH_STAGES: tuple[Stage, ...] = ("candidate", "canary", "production")


class Record(BaseModel):
    """Frozen; an unknown key is refused. NaN and infinity are written as strings: JSON has no other way."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class StageMove(Record):
    """A label put on a version: which, when (UTC, ISO 8601) and by what; `force` is a label that left the model without
    production."""

    stage: Stage
    at: str
    by: Literal["push", "label", "rollback", "restore", "force"]


class ModelVersion(Record):
    """An immutable version of a model; only `stage` and `history` differ from one reading to the next.

    Attributes:
      created_at: When it was pushed, UTC, ISO 8601.
      push_key: What identifies the push that made it; no two versions of a model share one.
      size_bytes: All files of the version together, this record itself not counted.
      lineage: Ids that lead back to how it was made, such as `model_artifact`, `run_id`, `git_commit`.
      history: Every stage it was given, oldest first; the last is `stage`.
    """

    model: str
    number: PositiveInt
    stage: Stage
    created_at: str
    push_key: str
    size_bytes: NonNegativeInt
    metrics: dict[str, float] = Field(default_factory=dict)
    lineage: dict[str, str | int] = Field(default_factory=dict)
    history: tuple[StageMove, ...] = Field(min_length=1)

    @property
    def asked_stage(self) -> Stage:
        """What the last push of this version asked for, wherever its label was moved since; a push of another version
        can only have archived it."""
        return next(move.stage for move in reversed(self.history) if move.by == "push" and move.stage in PUSH_STAGES)

    def with_move(self, move: StageMove) -> "ModelVersion":
        return self.model_copy(update={"stage": move.stage, "history": (*self.history, move)})

    def to_json(self) -> str:
        """The record kept inside the version's own directory; model and number are that directory's name."""
        return self.model_dump_json(exclude={"model", "number"}, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str, *, model: str, number: int) -> "ModelVersion":
        """Reads `to_json`. Raises ValueError if it is something else."""
        return cls.model_validate(_object(json.loads(text)) | {"model": model, "number": number})


class Index(Record):
    """The versions of one model.

    Attributes:
      last_version: The highest number ever given; 0 before the first.
      production: Numbers of the versions that held `production`, oldest first. A rollback takes the last one off.
      versions: By number, ascending.
    """

    last_version: NonNegativeInt = 0
    production: tuple[PositiveInt, ...] = ()
    versions: tuple[ModelVersion, ...] = ()

    def find(self, number: int) -> ModelVersion | None:
        return next((version for version in self.versions if version.number == number), None)

    def pushed_as(self, push_key: str) -> ModelVersion | None:
        return next((version for version in self.versions if version.push_key == push_key), None)

    def at_stage(self, stage: Stage) -> ModelVersion | None:
        """The newest version with that label."""
        return next((version for version in reversed(self.versions) if version.stage == stage), None)

    def with_version(self, version: ModelVersion) -> "Index":
        """The index with a version added or replaced; an exclusive stage is taken from the version that holds it."""
        move = version.history[-1]
        others = [known for known in self._without_holder(move).versions if known.number != version.number]
        return Index(
            last_version=max(self.last_version, version.number),
            production=(*self.production, version.number) if move.stage == "production" else self.production,
            versions=tuple(sorted([*others, version], key=lambda each: each.number)),
        )

    def with_adopted(self, version: ModelVersion, *, at: str) -> "Index":
        """The index with a version whose directory is there though the index does not list it.

        Its number tells why. Higher than any the index has seen: its push ended between publishing the directory and
        writing the index, so it gets the stage it was pushed with. Otherwise it was deleted and put back by hand: it is
        archived, for an old version must not take production by being restored. A copy of a listed version (the same
        push key under another number) is left out.
        """
        if self.pushed_as(version.push_key):
            return self
        if version.number > self.last_version:
            return self.with_version(version)
        return self.with_version(version.with_move(StageMove(stage="archived", at=at, by="restore")))

    def with_stage(self, number: int, stage: Stage, *, at: str, force: bool = False) -> "Index":
        """The index with a label moved.

        Raises:
          RegistryError: there is no such version, or, without `force`, the model would be left without production.
        """
        version = self.find(number)
        if version is None:
            raise RegistryError(f"A label needs a version that exists. Received: {number}. Choose another version.")
        if version.stage == stage:
            return self
        if force and version.stage == "production":
            return self.with_version(version.with_move(StageMove(stage=stage, at=at, by="force")))
        return self._with_move(version, StageMove(stage=stage, at=at, by="label"))

    def with_repeated_push(self, version: ModelVersion, stage: Stage, *, at: str) -> "Index":
        """The index with the stage that another push of a version asks for.

        A stage that the last push asked for already is not given again: someone may have moved the label since.

        Raises:
          RegistryError: the model would be left without production.
        """
        return (
            self if version.asked_stage == stage else self._with_move(version, StageMove(stage=stage, at=at, by="push"))
        )

    def _with_move(self, version: ModelVersion, move: StageMove) -> "Index":
        if version.stage == move.stage:
            return self._with_replaced(version, version.with_move(move))
        if version.stage == "production":
            raise RegistryError(
                "Production is given up only to another version, so that servers always have one. Received: "
                f"{move.stage} for version {version.number}, which is production. Label the other version production, "
                "roll back, or retire it with --force."
            )
        return self.with_version(version.with_move(move))

    def with_rollback(self, *, at: str) -> "Index":
        """The index with production given back to the version that held it before. Raises RegistryError if none did."""
        holder = self.at_stage("production")
        earlier = self.production[:-1] if holder else self.production
        # A version may have taken production from itself, once what held it in between was deleted.
        while holder and earlier and earlier[-1] == holder.number:
            earlier = earlier[:-1]
        target = self.find(earlier[-1]) if earlier else None
        if target is None:
            raise RegistryError(
                "A rollback needs a version that held production earlier and still exists. Received: "
                f"{f'version {holder.number}, the only one that has' if holder else 'no such version'}. "
                "Label another version production, or push one."
            )
        moved = self.with_version(target.with_move(StageMove(stage="production", at=at, by="rollback")))
        return moved.model_copy(update={"production": earlier})

    def without_missing(self, present: Collection[int]) -> "Index":
        """The index without versions whose directories are gone. `last_version` stays: their numbers are used up."""
        kept = tuple(version for version in self.versions if version.number in present)
        production = tuple(number for number in self.production if number in present)
        return self.model_copy(update={"versions": kept, "production": production})

    def with_used_numbers(self, numbers: Iterable[int]) -> "Index":
        return self.model_copy(update={"last_version": max([self.last_version, *numbers])})

    def to_json(self) -> str:
        entries = {version.number: json.loads(version.to_json()) for version in self.versions}
        content = {"last_version": self.last_version, "production": self.production, "versions": entries}
        return json.dumps(content, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str, *, model: str) -> "Index":
        """Reads `to_json`. Raises ValueError (pydantic's ValidationError is one) if it is something else."""
        content = _object(json.loads(text))
        entries = _object(content.get("versions"))
        versions = [_object(entry) | {"model": model, "number": number} for number, entry in entries.items()]
        return cls.model_validate(content | {"versions": versions})

    def _without_holder(self, move: StageMove) -> "Index":
        """The index with the holder of an exclusive stage archived; unchanged for other stages."""
        holder = self.at_stage(move.stage) if move.stage in EXCLUSIVE_STAGES else None
        if holder is None:
            return self
        return self._with_replaced(holder, holder.with_move(StageMove(stage="archived", at=move.at, by=move.by)))

    def _with_replaced(self, old: ModelVersion, new: ModelVersion) -> "Index":
        return self.model_copy(update={"versions": tuple(new if each is old else each for each in self.versions)})


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"An object is expected where {value!r} is")
    return value
