"""The sizes of images without the layers that they share."""

import json
from collections.abc import Sequence

from netdsl.dataclass import dataclass
from netdsl.runtime.driver import DriverError
from netdsl.runtime.meter import Base

from .engine import said


@dataclass(frozen=True, slots=True)
class Layered:
    """An image. `size`: bytes of all layers; `layers`: their digests from the lowest."""

    name: str
    size: int
    layers: tuple[str, ...]


def image_of(name: str) -> Layered | None:
    """The image of a name; None if the engine has none."""
    try:
        (found,) = json.loads(said(["image", "inspect", name]))
    except DriverError as error:
        if "no such image" in error.tail.lower():
            return None
        raise
    return Layered(name, found["Size"], tuple(found["RootFS"].get("Layers") or ()))


def without_shared(below: Layered | None, images: Sequence[Layered]) -> tuple[Base, ...]:
    """The sizes of images without the image `below`, and `below` once. Images that are not built on it count whole."""
    if below is None:
        return tuple(Base(image.name, image.size) for image in images)
    found: list[Base] = []
    for image in images:
        is_on_top = image.layers[: len(below.layers)] == below.layers
        found.append(Base(image.name, image.size - below.size if is_on_top else image.size))
        if is_on_top and all(base.name != below.name for base in found):
            found.insert(0, Base(below.name, below.size))
    return tuple(found)
