"""Files that netdsl itself brings."""

from collections.abc import Iterator
from importlib.resources import files


def shipped(package: str, *path: str) -> bytes:
    """The content of a file of a package. Raises FileNotFoundError."""
    return files(package).joinpath(*path).read_bytes()


def shipped_text(package: str, *path: str) -> str:
    return shipped(package, *path).decode()


def is_shipped(package: str, *path: str) -> bool:
    return files(package).joinpath(*path).is_file()


def shipped_below(package: str, folder: str) -> Iterator[str]:
    """The paths, from the package on, of all files in a folder of it and below."""
    for entry in files(package).joinpath(*folder.split("/")).iterdir():
        inner = f"{folder}/{entry.name}"
        if entry.is_dir():
            yield from shipped_below(package, inner)
        else:
            yield inner
