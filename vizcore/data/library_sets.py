"""Torchvision's data sets as sets of pictures: those that lie in a folder of this machine.

Nothing is fetched unless it is asked for. Torchvision checks what it fetches, and files of CIFAR,
STL-10 and Flowers-102 each time they are opened, against the hashes it knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vizcore.data.picture_sets import PictureSet, from_dataset
from vizcore.errors import BadImage, FetchError


@dataclass(frozen=True, slots=True)
class LibrarySet:
    """A data set of torchvision.

    Attributes:
        title: for people, with the part that is looked through.
        make: the class in `torchvision.datasets`, with `options`.
        folder: what lies in the folder of data sets where this one is here.
        licence: in what words its authors give it.
        source: its page.
    """

    title: str
    make: str
    folder: str
    licence: str
    source: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        """Where it comes from and its licence, in a sentence."""
        return f"{self.title}: {self.licence} ({self.source})."


_NONE_STATED = "its authors state no licence"
_CIFAR = "https://www.cs.toronto.edu/~kriz/cifar.html"

#: What can be named, by key.
LIBRARY: dict[str, LibrarySet] = {
    "cifar10": LibrarySet(
        "CIFAR-10, test", "CIFAR10", "cifar-10-batches-py", _NONE_STATED, _CIFAR, {"train": False}
    ),
    "cifar100": LibrarySet(
        "CIFAR-100, test", "CIFAR100", "cifar-100-python", _NONE_STATED, _CIFAR, {"train": False}
    ),
    "stl10": LibrarySet(
        "STL-10, test",
        "STL10",
        "stl10_binary",
        f"pictures from ImageNet, {_NONE_STATED}",
        "https://cs.stanford.edu/~acoates/stl10/",
        {"split": "test"},
    ),
    "imagenette": LibrarySet(
        "Imagenette, validation",
        "Imagenette",
        "imagenette2-160",
        "pictures from ImageNet, under its terms",
        "https://github.com/fastai/imagenette",
        {"split": "val", "size": "160px"},
    ),
    "flowers102": LibrarySet(
        "Flowers-102, validation",
        "Flowers102",
        "flowers-102",
        _NONE_STATED,
        "https://www.robots.ox.ac.uk/~vgg/data/flowers/102/",
        {"split": "val"},
    ),
    "pets": LibrarySet(
        "Oxford-IIIT Pet, test",
        "OxfordIIITPet",
        "oxford-iiit-pet",
        "CC BY-SA 4.0",
        "https://www.robots.ox.ac.uk/~vgg/data/pets/",
        {"split": "test"},
    ),
    "eurosat": LibrarySet(
        "EuroSAT", "EuroSAT", "eurosat", "MIT", "https://github.com/phelber/EuroSAT"
    ),
    "fashion_mnist": LibrarySet(
        "Fashion-MNIST, test",
        "FashionMNIST",
        "FashionMNIST",
        "MIT",
        "https://github.com/zalandoresearch/fashion-mnist",
        {"train": False},
    ),
}


def library_here(root: Path) -> tuple[str, ...]:
    """The keys of the data sets that lie in a folder, as far as their own folders tell."""
    return tuple(key for key, each in LIBRARY.items() if (root / each.folder).is_dir())


def open_library(key: str, root: Path) -> PictureSet:
    """A data set of torchvision that lies in the folder `root`; nothing is fetched.

    Raises:
        BadImage: it is not there, or damaged; says how to fetch it.
    """
    return _named(key, root, _made(key, root))


def fetch_library(key: str, root: Path) -> PictureSet:
    """The same, fetched by torchvision from its home where it is not there.

    Raises:
        FetchError: no connection, a wrong hash, no room.
    """
    from torchvision import datasets

    about = LIBRARY[key]
    try:
        root.mkdir(parents=True, exist_ok=True)
        made = getattr(datasets, about.make)(str(root), download=True, **about.options)
    except (OSError, RuntimeError, ValueError) as error:
        raise FetchError(
            f"{about.title} could not be fetched into {root}: {error}", received=key
        ) from error
    return _named(key, root, made)


def _made(key: str, root: Path) -> Any:
    from torchvision import datasets

    about = LIBRARY[key]
    try:
        return getattr(datasets, about.make)(str(root), download=False, **about.options)
    except Exception as error:  # a damaged file makes other people's readers raise almost anything
        what = "damaged" if (root / about.folder).is_dir() else "not there"
        said = str(error).partition(" You can use download")[0].rstrip(".")
        raise BadImage(
            f"{about.title} is {what} in the folder of data sets, {root} ({said}). "
            f"`python -m vizcore top-patches KEY --images {key} --fetch --out DIR` fetches it; "
            "CONVSCOPE_DATA sets another folder.",
            received=key,
        ) from error


def _named(key: str, root: Path, dataset: Any) -> PictureSet:
    about = LIBRARY[key]
    changed = (root / about.folder).stat().st_mtime_ns
    stamp = f"library {key} {root.resolve()} {changed}"
    return from_dataset(dataset, about.title, stamp=stamp, origin=about.origin)
