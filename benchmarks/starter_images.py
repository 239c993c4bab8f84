"""Three sets of small images that are no digits, of some hundred images a class, for `benchmarks.starter`.

Each is written as a person would have it: folders `train`, `eval` and `test` of folders of PNG files.
"""

import io
import json
import os
import subprocess
import tarfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from data.images.idx import read_idx
from data.known.datasets import KNOWN

FASHION_OF_A_CLASS = {"train": 425, "eval": 75, "test": 200}
# Alphabets with the most characters, and who drew them, which twenty people did.
ALPHABETS = 10
DRAWERS = {"train": range(1, 9), "eval": range(9, 12), "test": range(12, 17)}
# The same emoji as two companies draw them.
VENDORS = ("google", "twitter")
EMOJI_VERSION = "16.0.0"

# (split, class, name, pixels as [height, width] or [height, width, channel])
Labelled = tuple[str, str, str, np.ndarray]


def fashion() -> Iterator[Labelled]:
    """500 images a class of Fashion-MNIST for train and eval, 200 a class of its test images: 28x28, grey."""
    folder = Path(os.environ["SLIPWAY_DATA_DIR"]) / "fashion_mnist"
    names = [name.replace("/", "-") for name in KNOWN["fashion_mnist"].classes]
    for prefix, splits in (("train", ("train", "eval")), ("t10k", ("test",))):
        pixels = read_idx(folder / f"{prefix}-images-idx3-ubyte.gz")
        labels = read_idx(folder / f"{prefix}-labels-idx1-ubyte.gz")
        for label, name in enumerate(names):
            rows = iter(np.flatnonzero(labels == label))
            for split in splits:
                for _ in range(FASHION_OF_A_CLASS[split]):
                    row = next(rows)
                    yield split, name, f"{row:05d}", pixels[row]


def alphabets() -> Iterator[Labelled]:
    """Omniglot's characters, whose class is the alphabet, split by who drew them: 32x32, grey."""
    with zipfile.ZipFile(Path(os.environ["SLIPWAY_DATA_DIR"]) / "omniglot" / "images_background.zip") as archive:
        files = sorted(name for name in archive.namelist() if name.endswith(".png") and "__MACOSX" not in name)
        sizes = Counter(name.split("/")[-3] for name in files)
        chosen = {name for name, _ in sorted(sizes.items(), key=lambda item: (-item[1], item[0]))[:ALPHABETS]}
        for file in files:
            _, alphabet, character, name = file.split("/")
            if alphabet not in chosen:
                continue
            drawer = int(name.removesuffix(".png").split("_")[1])
            split = next((split for split, drawers in DRAWERS.items() if drawer in drawers), None)
            if split is None:
                continue
            drawing = Image.open(io.BytesIO(archive.read(file))).convert("L").resize((32, 32), Image.Resampling.BOX)
            yield split, alphabet, f"{character}_{drawer:02d}", np.asarray(drawing)


def emoji() -> Iterator[Labelled]:
    """Emoji as two companies draw them, by their Unicode group; an emoji is in one split with all drawings: 32x32,
    colour."""
    for vendor in VENDORS:
        sheet, described = _emoji_files(vendor)
        known = [one for one in described if one["category"] != "Component" and one[f"has_img_{vendor}"]]
        for one in known:
            # As the packages' README says: a pixel of margin around each.
            left, top = one["sheet_x"] * 34 + 1, one["sheet_y"] * 34 + 1
            drawn = sheet.crop((left, top, left + 32, top + 32))
            pixels = Image.alpha_composite(Image.new("RGBA", drawn.size, "white"), drawn).convert("RGB")
            # By its place in the sorted list of its group, so that every split has its share of every group.
            split = ("train", "train", "train", "train", "eval", "test", "test")[one["sort_order"] % 7]
            group = one["category"].replace(" & ", "-and-").replace(" ", "-")
            yield split, group, f"{one['short_name']}_{vendor}", np.asarray(pixels)


def _emoji_files(vendor: str) -> tuple[Image.Image, list[dict]]:
    """(the sheet of all drawings, their descriptions), out of the package that the company's drawings come in."""
    folder = Path("output") / "benchmarks" / "starter"
    folder.mkdir(parents=True, exist_ok=True)
    package = f"emoji-datasource-{vendor}"
    archive = folder / f"{package}-{EMOJI_VERSION}.tgz"
    if not archive.exists():
        subprocess.run(
            ["npm", "pack", "--silent", f"{package}@{EMOJI_VERSION}"], cwd=folder, check=True, stdout=subprocess.DEVNULL
        )
    with tarfile.open(archive) as files:
        sheet = files.extractfile(f"package/img/{vendor}/sheets/32.png")
        described = files.extractfile("package/emoji.json")
        assert sheet is not None
        assert described is not None
        return Image.open(io.BytesIO(sheet.read())).convert("RGBA"), json.loads(described.read())


SETS: dict[str, Callable[[], Iterator[Labelled]]] = {"fashion": fashion, "alphabets": alphabets, "emoji": emoji}


def write(name: str, directory: Path) -> None:
    """A set as PNG files below SPLIT/CLASS/."""
    for split, label, file, pixels in SETS[name]():
        folder = directory / split / label
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / f"{file}.png")


@cache
def arrays(name: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """{split: (`[image, height, width, channel]` in [0, 1], `[image]` labels in the order of the classes' names)}."""
    rows = list(SETS[name]())
    classes = sorted({label for _, label, _, _ in rows})
    made = {}
    for split in ("train", "eval", "test"):
        own = [(pixels, classes.index(label)) for where, label, _, pixels in rows if where == split]
        images = np.stack([pixels if pixels.ndim == 3 else pixels[..., None] for pixels, _ in own])
        made[split] = (images.astype(np.float32) / 255, np.array([label for _, label in own]))
    return made
