"""The dotted path that configs of earlier versions name."""

from tasks.few_shot.regression import FewShotRegression

__all__ = ["FewShotRegression"]
