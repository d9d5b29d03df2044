"""What is installed in a node, in the words of a distribution, not of a runtime."""

from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.ir.ids import ImageId
from netdsl.source import Place


@dataclass(frozen=True, slots=True)
class Image:
    """`image NAME { packages … ; platforms … ; run "…" }`: on top of the distribution that every node has."""

    id: ImageId
    packages: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()  # linux/amd64, linux/arm64; empty: both
    runs: tuple[str, ...] = ()
    origin: Place | None = field(default=None, compare=False, repr=False)
