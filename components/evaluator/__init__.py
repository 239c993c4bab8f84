"""TFX's Evaluator, which here reads its baseline from Baseline and leaves a list of findings."""
