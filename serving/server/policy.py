"""Which versions of a model are served, and by which labels: the registry's stages are version labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from serving.registry import ModelVersion
from serving.server.errors import invalid

# Stages whose versions are served under the policy `production`: one version at most has each.
SERVED_STAGES = ("production", "canary")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a policy makes of a model's versions.

    Attributes:
      versions: numbers of those to serve.
      default: number that answers requests that name none; None where there is nothing to serve.
      labels: number by label.
    """

    versions: frozenset[int]
    default: int | None
    labels: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A model's version policy.

    Attributes:
      kind: `production`: the versions of stage production and canary; `latest`: the highest number; `all`; `specific`.
      numbers: of `specific`.
      labels: in place of the stages; None for the stages.
    """

    kind: str = "production"
    numbers: frozenset[int] = frozenset()
    labels: Mapping[str, int] | None = None

    @classmethod
    def parse(cls, text: str) -> "Policy":
        """`production`, `latest`, `all`, or numbers such as `3,5`. Raises ValueError."""
        if text in ("production", "latest", "all"):
            return cls(kind=text)
        numbers = [part.strip() for part in text.split(",")]
        if not all(part.isdecimal() and int(part) for part in numbers):
            raise ValueError(
                f"a policy must be production, latest, all, or numbers of versions such as 3,5. Received: {text}."
            )
        return cls(kind="specific", numbers=frozenset(map(int, numbers)))

    def apply(self, versions: Sequence[ModelVersion]) -> Wanted:
        """What to serve of a model's versions, which ascend."""
        by_stage = {version.stage: version.number for version in versions}
        numbers = {version.number for version in versions}
        if self.kind == "production":
            chosen = {by_stage[stage] for stage in SERVED_STAGES if stage in by_stage}
        elif self.kind == "latest":
            chosen = {max(numbers)} if numbers else set()
        else:
            chosen = numbers if self.kind == "all" else numbers & self.numbers
        labels = by_stage if self.labels is None else self.labels
        default = by_stage.get("production")
        if self.kind == "latest" or (default not in chosen and self.kind != "production"):
            default = max(chosen, default=None)
        return Wanted(
            versions=frozenset(chosen),
            default=default,
            labels={label: number for label, number in labels.items() if number in chosen},
        )

    def check(self, versions: Sequence[ModelVersion], model: str) -> None:
        """Raises RequestError for a label of a version that would not be served."""
        served = self.apply(versions).versions
        for label, number in (self.labels or {}).items():
            if number not in served:
                raise invalid(f"label {label} of {model} must be of a version that is served. Received: {number}.")
