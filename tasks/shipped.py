"""The tasks that come with the project, by their dotted paths; importing this imports none of them."""

SHIPPED_TASKS = (
    "tasks.image_classification.ImageClassification",
    "tasks.forecasting.Forecasting",
    "tasks.tabular.Tabular",
    "tasks.few_shot.classification.FewShotClassification",
    "tasks.few_shot.regression.FewShotRegression",
)
