"""Omniglot: 1,623 handwritten characters of 50 alphabets, 20 drawings each.

Source: Lake, Salakhutdinov, Tenenbaum, "Human-level concept learning through probabilistic program induction", Science,
2015. Read from the official archives, `images_background.zip` and `images_evaluation.zip`.
"""

import hashlib
import io
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

from etils import epath
from pydantic import BaseModel, ConfigDict, Field

from data.errors import DataError, SourceNotFoundError
from data.files import SourcePath, stamp
from data.images.classes import ImageClass
from data.known.datasets import locate
from data.source import Split
from data.splits import unit_hash

ARCHIVES = {"background": "images_background.zip", "evaluation": "images_evaluation.zip"}


class Omniglot(BaseModel):
    """The characters of the background archive to train on, those of the evaluation archive to test on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["omniglot"]
    directory: SourcePath | None = Field(None, description="Folder of the two archives; default: the known dataset's.")
    eval: float = Field(0.1, gt=0, lt=1, description="Share of the background characters that is held out.")
    seed: int = Field(0, description="Another seed holds out others.")

    def image_classes(self) -> Sequence[ImageClass]:
        """All characters, in the archives' order.

        Raises:
          SourceNotFoundError: an archive is not there.
          DataError: it is no archive of this form.
        """
        return [found for part in ARCHIVES for found in self._read(part)]

    def fingerprint(self) -> str:
        digest = hashlib.sha256(self.model_dump_json(exclude={"directory"}).encode())
        for part in ARCHIVES:
            digest.update(f"{part} {stamp(self._archive(part))}\n".encode())
        return digest.hexdigest()

    def _archive(self, part: str) -> epath.Path:
        folder = self.directory if self.directory is not None else epath.Path(locate("omniglot"))
        path = folder / ARCHIVES[part]
        if not path.is_file():
            raise SourceNotFoundError(
                f"options.source must lead to Omniglot's archives. Received: {folder}, without {ARCHIVES[part]}. Put "
                f"it there, or type `slipway data fetch omniglot`."
            )
        return path

    def _read(self, part: str) -> list[ImageClass]:
        path = self._archive(part)
        drawings: dict[tuple[str, str], list[bytes]] = defaultdict(list)
        try:
            with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
                for name in sorted(archive.namelist()):
                    places = name.split("/")
                    if name.endswith(".png") and len(places) == 4:
                        drawings[places[1], places[2]].append(archive.read(name))
        except zipfile.BadZipFile as error:
            raise DataError(
                f"Omniglot's archives must be zip files. Received: {path}: {error}. Fetch it anew."
            ) from None
        if not drawings:
            raise DataError(
                f"Omniglot's archives must hold {path.stem}/ALPHABET/CHARACTER/*.png. Received: {path}, without any."
            )
        return [
            ImageClass(
                name=f"{alphabet}/{character}",
                group=alphabet,
                images=tuple(images),
                split=self._split_of(part, alphabet, character),
            )
            for (alphabet, character), images in drawings.items()
        ]

    def _split_of(self, part: str, alphabet: str, character: str) -> Split:
        if part == "evaluation":
            return "test"
        return "eval" if unit_hash(f"{alphabet}/{character}", self.seed) < self.eval else "train"
