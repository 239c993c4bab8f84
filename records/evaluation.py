"""What TFMA's files call the two models that Evaluator compares."""

CANDIDATE = "candidate"
BASELINE = "baseline"
