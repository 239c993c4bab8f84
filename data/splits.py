"""Splits of examples by their keys."""

import hashlib

from pydantic import BaseModel, ConfigDict, Field, model_validator

from data.source import SPLITS


class Splits(BaseModel):
    """The share of each split. An example's split follows from its key alone, so that added data moves none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    train: float = Field(0.7, gt=0, lt=1, description="Share of examples that the model is trained on.")
    eval: float = Field(0.15, gt=0, lt=1, description="Share that early stopping and choices look at.")
    test: float = Field(0.15, gt=0, lt=1, description="Share that only the evaluation gates look at.")
    seed: int = Field(0, description="Another seed deals the examples anew.")

    @model_validator(mode="after")
    def _sum_to_one(self) -> "Splits":
        total = self.train + self.eval + self.test
        if abs(total - 1) > 1e-6:
            raise ValueError(f"The shares must add up to 1. Received: {total:.4g}")
        return self

    def of(self, key: str) -> str:
        """The split of the example with this key."""
        position = unit_hash(key, self.seed)
        bounds = {"train": self.train, "eval": self.train + self.eval, "test": 1.0}
        return next(split for split in SPLITS if position < bounds[split] or split == SPLITS[-1])


def unit_hash(key: str, seed: int) -> float:
    """A number in [0, 1) that follows from a key and a seed, spread evenly over keys."""
    digest = hashlib.blake2b(f"{seed}/{key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
