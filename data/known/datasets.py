"""Datasets known by name: their files, and the folders that hold them on this machine."""

import os
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from data.did_you_mean import did_you_mean
from data.errors import SourceNotFoundError

# Names a folder that holds datasets, each below its own name.
DATA_DIR_VARIABLE = "SLIPWAY_DATA_DIR"


@dataclass(frozen=True)
class RemoteFile:
    """One file, with the digest that its publisher's copy has."""

    name: str
    url: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class KnownDataset:
    """A public dataset.

    Attributes:
      folder: its name below SLIPWAY_DATA_DIR and below the cache.
      classes: names of its classes, in the order of the labels; empty where it has none.
    """

    name: str
    folder: str
    description: str
    licence: str
    files: tuple[RemoteFile, ...]
    classes: tuple[str, ...] = ()

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)

    def is_in(self, folder: Path) -> bool:
        """Whether all files are there, whatever is in them: a folder that a user names is the user's word."""
        return all((folder / file.name).is_file() for file in self.files)


def _idx(base: str, digests: dict[str, tuple[int, str]]) -> tuple[RemoteFile, ...]:
    return tuple(
        RemoteFile(f"{name}-ubyte.gz", f"{base}/{name}-ubyte.gz", digest, size)
        for name, (size, digest) in digests.items()
    )


_TFX_EXAMPLES = "https://raw.githubusercontent.com/tensorflow/tfx/master/tfx/examples"

# Digests of the images and labels: those that TensorFlow Datasets publishes for the same addresses.
_ALL = (
    KnownDataset(
        name="fashion_mnist",
        folder="fashion_mnist",
        description="70,000 grey images of clothes, 28x28, ten classes (Xiao, Rasul, Vollgraf, 2017)",
        licence="MIT",
        files=_idx(
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
            {
                "train-images-idx3": (
                    26_421_880,
                    "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                ),
                "train-labels-idx1": (29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
                "t10k-images-idx3": (4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
                "t10k-labels-idx1": (5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
            },
        ),
        classes=(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
    ),
    KnownDataset(
        name="mnist",
        folder="mnist",
        description="70,000 grey images of handwritten digits, 28x28 (LeCun, Cortes, Burges, 1998)",
        licence="CC BY-SA 3.0",
        files=_idx(
            "https://storage.googleapis.com/cvdf-datasets/mnist",
            {
                "train-images-idx3": (9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
                "train-labels-idx1": (28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
                "t10k-images-idx3": (1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
                "t10k-labels-idx1": (4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
            },
        ),
        classes=tuple(str(digit) for digit in range(10)),
    ),
    KnownDataset(
        name="omniglot",
        folder="omniglot",
        description="32,460 drawings of 1,623 characters, 105x105 (Lake, Salakhutdinov, Tenenbaum, 2015)",
        licence="MIT",
        files=tuple(
            RemoteFile(name, f"https://github.com/brendenlake/omniglot/raw/master/python/{name}", digest, size)
            for name, size, digest in (
                (
                    "images_background.zip",
                    9_464_212,
                    "ad41ab679c8b5d90b271ef46be6987cc81211774a695c29dcc5367b2b26ee640",
                ),
                (
                    "images_evaluation.zip",
                    6_462_886,
                    "1f61a8f3366785b057fc117d9228e78a16e3d976c8953b2a10fcc74cf0609cee",
                ),
            )
        ),
    ),
    KnownDataset(
        name="etth1",
        folder="ett",
        description="17,420 hours of an electricity transformer, seven columns (Zhou et al., 2021)",
        licence="CC BY-ND 4.0",
        files=(
            RemoteFile(
                "ETTh1.csv",
                "https://raw.githubusercontent.com/zhouhaoyi/ETDataset/main/ETT-small/ETTh1.csv",
                "f18de3ad269cef59bb07b5438d79bb3042d3be49bdeecf01c1cd6d29695ee066",
                2_589_657,
            ),
        ),
    ),
    KnownDataset(
        name="penguins",
        folder="penguins",
        description="334 penguins of three species, four measurements from 0 to 1 (Horst, Hill, Gorman, 2020)",
        licence="CC0",
        files=(
            RemoteFile(
                "penguins_processed.csv",
                f"{_TFX_EXAMPLES}/penguin/data/labelled/penguins_processed.csv",
                "d9e034c8d8905e19b5528a9c195091ceba4b14df6c095c050d89c5f106dd50ba",
                25_648,
            ),
        ),
    ),
    KnownDataset(
        name="chicago_taxi",
        folder="chicago_taxi",
        description="15,002 taxi trips in Chicago, 18 columns, many of them with gaps (City of Chicago, TFX)",
        licence="Apache-2.0",
        files=(
            RemoteFile(
                "data.csv",
                f"{_TFX_EXAMPLES}/chicago_taxi_pipeline/data/simple/data.csv",
                "cdaf0b5931442ef47693f408f25a37af710aca23fccb90a78f00930e89548805",
                1_922_812,
            ),
        ),
    ),
)
KNOWN = {dataset.name: dataset for dataset in _ALL}


def find_known(name: str) -> KnownDataset:
    """The dataset of that name. Raises SourceNotFoundError for an unknown name."""
    if name not in KNOWN:
        raise SourceNotFoundError(
            f"A known dataset must be one of {', '.join(KNOWN)}. Received: {name!r}.{did_you_mean(name, KNOWN)}"
        )
    return KNOWN[name]


def cache_folder(dataset: KnownDataset) -> Path:
    """Where `slipway data fetch` puts a dataset."""
    return user_cache_path("slipway") / dataset.folder


def find(dataset: KnownDataset) -> Path | None:
    """The folder that holds a dataset on this machine, the user's own first; None if there is none."""
    given = os.environ.get(DATA_DIR_VARIABLE)
    places = [Path(given) / dataset.folder] if given else []
    return next((place for place in [*places, cache_folder(dataset)] if dataset.is_in(place)), None)


def locate(name: str) -> Path:
    """The folder that holds the dataset of that name.

    Raises:
      SourceNotFoundError: it is not on this machine, or not known; says how to get it.
    """
    dataset = find_known(name)
    found = find(dataset)
    if found is None:
        given = os.environ.get(DATA_DIR_VARIABLE)
        names = ", ".join(file.name for file in dataset.files)
        raise SourceNotFoundError(
            f"The dataset {name} must be on this machine. Received: {DATA_DIR_VARIABLE}={given or '(not set)'}, and "
            f"nothing in {cache_folder(dataset)}. Type `slipway data fetch {name}`, or set {DATA_DIR_VARIABLE} to a "
            f"folder that holds {dataset.folder}/ with {names}."
        )
    return found
