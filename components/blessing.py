"""Whether a model may go on, as TFX writes it."""

from collections.abc import Iterable

from tfx.components.evaluator import constants
from tfx.dsl.io import fileio
from tfx.types import artifact

from records.artifact_files import write_file
from records.findings import Finding

# Names of empty files, by whether the model is blessed.
FILES = {True: constants.BLESSED_FILE_NAME, False: constants.NOT_BLESSED_FILE_NAME}


def write_blessing(blessing: artifact.Artifact, findings: Iterable[Finding]) -> None:
    """Blesses where no finding refuses, by a property and an empty file as TFX's Evaluator does, whose verdict is
    replaced."""
    is_blessed = not any(finding.refuses for finding in findings)
    blessing.set_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY, int(is_blessed))
    other = f"{blessing.uri}/{FILES[not is_blessed]}"
    if fileio.exists(other):
        fileio.remove(other)
    write_file(blessing.uri, FILES[is_blessed], "")
