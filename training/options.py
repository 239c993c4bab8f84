"""Options of training, as configs write them. Needs no TensorFlow."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Options(BaseModel):
    """Frozen; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ScheduleOptions(Options):
    """The learning rate over time: a linear warm-up from zero to the peak, then one of the kinds."""

    kind: Literal["constant", "cosine", "cosine_restarts", "polynomial", "exponential", "step", "one_cycle"] = Field(
        "cosine", description="How the rate falls after the warm-up; one_cycle rises first."
    )
    warmup_epochs: float | None = Field(
        None, ge=0, description="Linear, from zero; one_cycle brings its own. Default: 2, at most a quarter of epochs."
    )
    end: float = Field(0.0, ge=0, lt=1, description="Share of the peak that cosine and polynomial end at.")
    power: float = Field(1.0, gt=0, description="Of polynomial; 1 is a straight line.")
    decay_rate: float = Field(0.95, gt=0, le=1, description="What exponential multiplies by in each epoch.")
    step_epochs: tuple[float, ...] = Field((), description="Where step multiplies by factor, in epochs.")
    factor: float = Field(0.1, gt=0, lt=1, description="Of step.")
    restart_epochs: float = Field(10.0, gt=0, description="Length of the first period of cosine_restarts.")
    restart_growth: float = Field(2.0, ge=1, description="How much longer each period is than the one before.")
    rise: float = Field(0.3, gt=0, lt=1, description="Share of the steps in which one_cycle rises.")

    @model_validator(mode="after")
    def _steps_are_told(self) -> "ScheduleOptions":
        if self.kind == "step" and not self.step_epochs:
            raise ValueError("kind: step needs step_epochs, such as [30, 60]. Received: none")
        if list(self.step_epochs) != sorted(set(self.step_epochs)):
            raise ValueError(f"step_epochs must rise. Received: {list(self.step_epochs)}")
        return self

    def warmup_of(self, epochs: float) -> float:
        """Epochs of warm-up of a training that lasts so many."""
        return min(2.0, epochs / 4) if self.warmup_epochs is None else self.warmup_epochs


class OptimizerOptions(Options):
    """The optimizer. An argument left out is Keras's default."""

    kind: Literal["sgd", "adam", "lion", "adafactor", "lamb"] = Field(
        "adam", description="Stochastic gradient descent, Adam, Lion, Adafactor or LAMB."
    )
    weight_decay: float = Field(0.01, ge=0, description="Decoupled from the gradient, times the learning rate.")
    decay_all: bool = Field(False, description="Decay norms, biases and scale parameters too.")
    momentum: float | None = Field(None, ge=0, lt=1, description="Of sgd, which is Nesterov's.")
    beta_1: float | None = Field(None, ge=0, lt=1, description="Decay of the average of gradients. Default: Keras's.")
    beta_2: float | None = Field(
        None, ge=0, lt=1, description="Decay of the average of their squares. Default: Keras's."
    )
    epsilon: float | None = Field(
        None, gt=0, description="What keeps the division by that average finite. Default: Keras's."
    )
    multipliers: dict[str, Annotated[float, Field(ge=0)]] = Field(
        default_factory=dict,
        description="Of the learning rate, by a pattern of variable paths such as '*stage_0*'; the last to fit counts.",
    )

    @model_validator(mode="after")
    def _arguments_fit(self) -> "OptimizerOptions":
        fitting = {
            "sgd": {"momentum"},
            "adam": {"beta_1", "beta_2", "epsilon"},
            "lion": {"beta_1", "beta_2"},
            "adafactor": set(),
            "lamb": {"beta_1", "beta_2", "epsilon"},
        }[self.kind]
        for name in ("momentum", "beta_1", "beta_2", "epsilon"):
            if getattr(self, name) is not None and name not in fitting:
                raise ValueError(
                    f"{self.kind} has no {name}; it takes {', '.join(sorted(fitting)) or 'none of these'}. "
                    f"Received: {name}={getattr(self, name)}"
                )
        return self


class StepOptions(Options):
    """What happens in one step."""

    steps_per_execution: int = Field(16, ge=1, description="Training steps inside one graph call.")
    accumulate: int = Field(1, ge=1, description="A batch is taken in this many parts, their gradients averaged.")
    clip_norm: float | None = Field(None, gt=0, description="Largest global norm of the gradients.")
    centralize: bool = Field(False, description="Subtract each unit's mean from its gradient.")
    jit_compile: bool = Field(False, description="Compile the step with XLA; slower on CPUs.")
    precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = Field(
        "float32", description="Of the computation; with mixed_float16 and mixed_bfloat16 the weights stay float32."
    )
    ema: float | None = Field(None, gt=0, lt=1, description="Decay of the weights' moving average, such as 0.999.")


class GapRatioOptions(Options):
    """What to do when the held-out loss leaves the train loss behind."""

    warn: float = Field(0.5, gt=0, description="A larger (validation loss - train loss) / train loss is warned of.")
    act: float = Field(1.0, gt=0, description="A larger one, for `patience` epochs, is acted on.")
    patience: int = Field(3, ge=1, description="Epochs in a row above `act` before it is acted on.")
    action: Literal["stop", "cut_learning_rate"] = Field(
        "stop", description="End the training, or lower the learning rate by `factor`."
    )
    factor: float = Field(0.5, gt=0, lt=1, description="Of cut_learning_rate.")

    @model_validator(mode="after")
    def _bounds_rise(self) -> "GapRatioOptions":
        if self.warn > self.act:
            raise ValueError(f"warn must not be above act. Received: warn={self.warn}, act={self.act}")
        return self


class RecoveryOptions(Options):
    """What to do when the loss or a weight is no longer a finite number."""

    rollbacks: int = Field(3, ge=0, description="How often to go back to the last good state before giving up.")
    factor: float = Field(0.5, gt=0, le=1, description="What each rollback multiplies the learning rate by.")


class CheckpointOptions(Options):
    """When to write checkpoints and which to keep."""

    every_secs: float = Field(30.0, gt=0, description="At least this long between two, and between two epochs' ends.")
    keep_last: int = Field(2, ge=1, description="How many of the newest are kept.")
    keep_best: int = Field(1, ge=0, description="How many of the lowest eval loss are kept beside them.")


class SummaryOptions(Options):
    """What is written for TensorBoard, beside the history that every run leaves."""

    tensorboard: bool = Field(True, description="Write event files for TensorBoard.")
    scalars_every_steps: int = Field(
        100, ge=1, description="Steps between two values of loss, metrics and learning rate."
    )
    weights_every_steps: int = Field(1000, ge=1, description="Gradient and weight norms and histograms.")
    samples_every_epochs: int = Field(10, ge=1, description="Confusion matrix and PR curves of an eval sample.")
    profile_steps: tuple[int, int] | None = Field(None, description="First step and number of steps to profile.")


class DistributionOptions(Options):
    """Where the steps are computed."""

    strategy: Literal["none", "mirrored", "multi_worker", "tpu", "parameter_server"] = Field(
        "none", description="TensorFlow's way to spread a step; none: one device."
    )
    tpu: str = Field("local", description="Name or address of the TPU; local on a TPU VM.")
    workers: Annotated[int, Field(ge=2)] | None = Field(
        None,
        description="Of multi_worker: how many processes a run on one machine starts for Trainer; on Kubeflow "
        "kubeflow.trainer_processes says it. Default: none, and TF_CONFIG names them.",
    )

    @model_validator(mode="after")
    def _workers_fit(self) -> "DistributionOptions":
        if self.workers is not None and self.strategy != "multi_worker":
            raise ValueError(
                f"workers goes with strategy: multi_worker. Received: workers={self.workers}, strategy={self.strategy}."
            )
        return self


class UnfreezeStage(Options):
    """From an epoch on, only the layers whose names fit are trained."""

    epoch: int = Field(ge=1, description="The first one that it holds for, counted from 1.")
    train: tuple[str, ...] = Field(
        min_length=1, description="Patterns of layer paths, such as 'logits', 'stage_2/*' or '*'."
    )


class TrainOptions(Options):
    """The training loop."""

    batch_size: int = Field(64, ge=1, description="Examples in a step, over all devices.")
    epochs: int = Field(40, ge=1, description="Passes over the train split, at the most.")
    learning_rate: float = Field(0.004, gt=0, description="The highest.")
    schedule: ScheduleOptions = Field(default_factory=ScheduleOptions)
    optimizer: OptimizerOptions = Field(default_factory=OptimizerOptions)
    step: StepOptions = Field(default_factory=StepOptions)
    patience: Annotated[int, Field(ge=1)] | None = Field(
        None,
        description="Epochs without a lower eval loss before training stops; null: it does not, which would cut off "
        "the end of a schedule, where losses fall most. The weights of the lowest eval loss are kept either way.",
    )
    min_delta: float = Field(0.0, ge=0, description="How much lower counts.")
    gap_ratio: GapRatioOptions | None = Field(
        None, description="What to do when the held-out loss leaves the train loss behind; default: nothing."
    )
    recovery: RecoveryOptions = Field(default_factory=RecoveryOptions)
    unfreeze: tuple[UnfreezeStage, ...] = Field(
        (), description="Which layers are trained from which epoch on; default: all from the first."
    )
    checkpoints: CheckpointOptions = Field(default_factory=CheckpointOptions)
    summaries: SummaryOptions = Field(default_factory=SummaryOptions)
    distribution: DistributionOptions = Field(default_factory=DistributionOptions)

    @model_validator(mode="after")
    def _fit_together(self) -> "TrainOptions":
        if self.schedule.kind != "one_cycle" and self.schedule.warmup_of(self.epochs) >= self.epochs:
            raise ValueError(
                f"schedule.warmup_epochs must be fewer than epochs. "
                f"Received: warmup_epochs={self.schedule.warmup_epochs}, epochs={self.epochs}."
            )
        if self.batch_size % self.step.accumulate:
            raise ValueError(
                f"batch_size must be a multiple of step.accumulate. "
                f"Received: batch_size={self.batch_size}, accumulate={self.step.accumulate}."
            )
        parts = (self.distribution.workers or 1) * self.step.accumulate
        if self.batch_size % parts:
            raise ValueError(
                f"batch_size must be a multiple of distribution.workers times step.accumulate. Received: "
                f"batch_size={self.batch_size}, workers={self.distribution.workers}, accumulate={self.step.accumulate}."
            )
        return self
