"""What can end training, each with what happened and what to do."""


class TrainingError(RuntimeError):
    """Base of the errors of training."""

    title = "Training failed"
    exit_code = 1


class DivergedError(TrainingError):
    """The loss or a weight is no longer a finite number, and going back did not help."""

    title = "Training diverged"


class BadBatchError(TrainingError):
    """A batch that cannot be read, or that holds NaN or infinity."""

    title = "A bad batch"


class CheckpointWriteError(TrainingError):
    """A checkpoint could not be written; those before it are as they were."""

    title = "Checkpoint not written"


class CheckpointDamagedError(TrainingError):
    """A checkpoint whose files are not what was written; where others are whole, training goes on from those."""

    title = "Checkpoint damaged"


class CheckpointMismatchError(TrainingError):
    """A checkpoint of another model, optimizer or training than the one that would go on from it."""

    title = "Checkpoint does not fit"


class WorkerLostError(TrainingError):
    """Another worker of the same training is gone; all start again from the last checkpoint."""

    title = "A worker was lost"
    # EX_TEMPFAIL: start me again.
    exit_code = 75


class WorkersEndedError(WorkerLostError):
    """One of the workers that this process started is gone, and it ended the others: it may start all again."""


class Preempted(BaseException):
    """SIGTERM came and a checkpoint was written: the same command goes on where this one stopped.

    Not an Exception, as KeyboardInterrupt is none: nothing may take it for a failure to be handled.
    """

    title = "Training was interrupted"
    # EX_TEMPFAIL of sysexits.h: start me again.
    exit_code = 75
