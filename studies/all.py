"""All studies, in the order in which reports show them. Needs no TensorFlow."""

from studies.architectures.page import ARCHITECTURES
from studies.backtest.page import BACKTEST
from studies.episodes.page import EPISODES
from studies.results import Study
from studies.sensitivity.page import SENSITIVITY

STUDIES: tuple[Study, ...] = (BACKTEST, EPISODES, ARCHITECTURES, SENSITIVITY)
