"""Sinusoids that differ in amplitude and phase: the family of tasks that few-shot regression is tried on.

Source: Finn, Abbeel, Levine, "Model-Agnostic Meta-Learning", ICML 2017, section 5.1.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from data.errors import DataError
from data.overview import Overview
from data.source import SPLITS

if TYPE_CHECKING:
    import tensorflow as tf

Range: TypeAlias = tuple[float, float]


class Sinusoids(BaseModel):
    """A family of functions y = amplitude · sin(x - phase), each of which is a task and an example.

    Features of an example:

    - `amplitude`, `phase`: parameters of the task, from which training draws points.
    - `support_x`, `support_y`, `query_x`, `query_y`: a fixed episode, in eval and test; empty in train.
    - `shot`: number of support points; 0 in train.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["sinusoids"]
    amplitude: Range = Field((0.1, 5.0), description="Lowest and highest.")
    phase: Range = Field((0.0, float(np.pi)), description="Lowest and highest, in radians.")
    x: Range = Field((-5.0, 5.0), description="Lowest and highest input.")
    train: int = Field(10_000, ge=1, description="Tasks of the split train.")
    eval: int = Field(200, ge=1, description="Episodes of the split eval.")
    test: int = Field(1000, ge=1, description="Episodes of the split test.")
    seed: int = Field(0, ge=0, description="Another seed draws other tasks and episodes.")

    @model_validator(mode="after")
    def _ranges_rise(self) -> "Sinusoids":
        for name in ("amplitude", "phase", "x"):
            low, high = getattr(self, name)
            if low >= high:
                raise ValueError(f"{name} must be a lower and a higher number. Received: {[low, high]}")
        return self

    def parameters(self, split: str) -> tuple[np.ndarray, np.ndarray]:
        """Amplitudes and phases, `[task]` each; a smaller split holds the first tasks of a larger one."""
        random = self._random(split, "tasks")
        drawn = random.random((getattr(self, split), 2))
        (low_a, high_a), (low_p, high_p) = self.amplitude, self.phase
        return low_a + drawn[:, 0] * (high_a - low_a), low_p + drawn[:, 1] * (high_p - low_p)

    def _random(self, split: str, what: str) -> np.random.Generator:
        # Splits draw apart from each other, whatever their sizes.
        digest = hashlib.blake2b(f"{self.seed}/{split}/{what}".encode(), digest_size=8).digest()
        return np.random.default_rng(int.from_bytes(digest, "big"))


class SinusoidEpisodes(BaseModel):
    """The source of few-shot regression tasks: `Sinusoids`, with an episode for each task that is judged on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    family: Sinusoids
    shots: tuple[int, ...] = Field(min_length=1, description="Support points; judged episodes take turns among them.")
    queries: int = Field(ge=2, description="Query points of a judged episode, even over the range of x.")

    def shards(self, split: str) -> Sequence[str]:
        return [split]

    def examples(self, shard: str) -> Iterator[tuple[str, "tf.train.Example"]]:
        family = self.family
        low, high = family.x
        random = family._random(shard, "points")
        query = np.linspace(low, high, self.queries)
        for index, (amplitude, phase) in enumerate(zip(*family.parameters(shard), strict=True)):
            floats = {"amplitude": [amplitude], "phase": [phase]}
            floats |= {name: [] for name in ("support_x", "support_y", "query_x", "query_y")}
            shot = 0
            if shard != "train":
                shot = self.shots[index % len(self.shots)]
                support = random.uniform(low, high, max(self.shots))[:shot]
                for name, points in (("support", support), ("query", query)):
                    floats[f"{name}_x"] = points.tolist()
                    floats[f"{name}_y"] = (amplitude * np.sin(points - phase)).tolist()
            yield f"{shard} task {index}", _example(floats, shot)

    def overview(self) -> Overview:
        family = self.family
        ranges = {name: getattr(family, name) for name in ("amplitude", "phase", "x")}
        return Overview(
            facts={
                **{name: f"{low:g} to {high:.4g}" for name, (low, high) in ranges.items()},
                "shots": ", ".join(map(str, self.shots)),
            },
            columns=("split", "tasks"),
            rows=tuple((split, getattr(family, split)) for split in SPLITS),
        )

    def fingerprint(self) -> str:
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def _example(floats: dict[str, list[float]], shot: int) -> "tf.train.Example":
    import tensorflow as tf

    example = tf.train.Example()
    for name, values in floats.items():
        if not np.isfinite(values).all():
            raise DataError(f"A task must hold finite numbers. Received: {name}={values}. Narrow the family's ranges.")
        example.features.feature[name].float_list.SetInParent()
        example.features.feature[name].float_list.value.extend(values)
    example.features.feature["shot"].int64_list.value.append(shot)
    return example
