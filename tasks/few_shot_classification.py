"""The dotted path that configs of earlier versions name."""

from tasks.few_shot.classification import FewShotClassification

__all__ = ["FewShotClassification"]
