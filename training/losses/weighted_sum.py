"""Several losses of one model as one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import keras
from keras import ops


@dataclass(frozen=True, kw_only=True)
class LossTerm:
    """A loss and what it reads.

    Attributes:
      loss: gives `[example]`.
      output: name of the model's output.
      target: key of the targets where those are a dictionary; None takes them as they are.
    """

    loss: keras.losses.Loss
    output: str
    target: str | None = None


@keras.saving.register_keras_serializable(package="slipway")
class WeightedSum(keras.layers.Layer):
    """A sum of losses with fixed or with learned weights; a layer, because the learned ones are variables.

    Learned: sum of exp(-s) L + s with one s a term, from zero on: s stands for the logarithm of a term's noise. Source:
    Kendall, Gal, Cipolla, "Multi-Task Learning Using Uncertainty", CVPR 2018, equation 7, its halves left out as in the
    authors' code.
    """

    def __init__(
        self,
        *,
        terms: Mapping[str, LossTerm],
        weights: Mapping[str, float] | Literal["learned"],
        dtype: Any = "float32",
        **kwargs: Any,
    ) -> None:
        """In float32 whatever the global precision: float16 ends at 65504, and the losses are float32.

        Raises ValueError when there is no term, or the fixed weights do not name each term once or are negative.
        """
        super().__init__(dtype=dtype, **kwargs)
        if not terms:
            raise ValueError("There must be at least one term. Received: none")
        if weights != "learned" and (isinstance(weights, str) or set(weights) != set(terms)):
            raise ValueError(f"weights must be 'learned' or name every term: {', '.join(terms)}. Received: {weights}")
        if weights != "learned" and min(weights.values()) < 0:
            raise ValueError(f"weights must not be negative. Received: {weights}")
        self.terms = dict(terms)
        self.term_weights = weights if weights == "learned" else dict(weights)
        self.log_noise = None
        if weights == "learned":
            self.log_noise = self.add_weight(shape=(len(terms),), initializer="zeros", name="log_noise")
        self.built = True

    def call(self, targets: Any, outputs: Mapping[str, Any]) -> Any:
        """The sum `[example]`; `outputs` are the model's by name."""
        total: Any = 0.0
        for index, (name, term) in enumerate(self.terms.items()):
            losses = term.loss(targets if term.target is None else targets[term.target], outputs[term.output])
            if self.log_noise is None:
                total = total + self.term_weights[name] * losses  # type: ignore[index]
            else:
                log_noise = self.log_noise[index]
                total = total + ops.exp(-log_noise) * losses + log_noise
        return total

    def get_config(self) -> dict[str, Any]:
        terms = {
            name: {"loss": keras.losses.serialize(term.loss), "output": term.output, "target": term.target}
            for name, term in self.terms.items()
        }
        return {**super().get_config(), "terms": terms, "weights": self.term_weights}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "WeightedSum":
        terms = {
            name: LossTerm(**{**term, "loss": keras.losses.deserialize(term["loss"])})
            for name, term in config["terms"].items()
        }
        return cls(**{**config, "terms": terms})
