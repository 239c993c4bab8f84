"""Random changes of train images, as a config asks for them."""

import numpy as np

from tasks.loading import TaskSpec

OPTIONS = {"source": {"kind": "digits"}, "ways": [2], "height": 8, "width": 8, "widths": [3]}


def _objective(**options):
    spec = TaskSpec(
        task="tasks.few_shot.classification.FewShotClassification",
        options={**OPTIONS, "learner": {"kind": "prototypes"}, **options},
    )
    return spec.load().objective()


def test_nothing_is_changed_by_default():
    objective = _objective()
    assert objective.augment is None
    assert objective.layers == ()


def test_images_are_shifted_and_their_paper_stays_white():
    drawing = np.ones((3, 8, 8, 1), np.float32)
    drawing[:, 3:5, 3:5] = 0
    objective = _objective(augment={"translate": 0.2})
    changed = objective.augment(drawing).numpy()
    assert np.abs(changed - drawing).max() > 0.1
    border = np.concatenate([changed[:, 0], changed[:, -1], changed[:, :, 0], changed[:, :, -1]], axis=1)
    np.testing.assert_allclose(border, 1, atol=1e-6)


def test_a_checkpoint_holds_the_state_of_the_draws():
    assert any(layer.variables for layer in _objective(augment={"zoom": 0.1}).layers)
