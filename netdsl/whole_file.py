"""A report's file: written whole or not at all."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Replace a file at once; who reads it meanwhile has the old one. Its folder has to be there. Raises OSError.

    What is no file (/dev/null, /dev/stdout, a pipe) is written to: root could replace it too.
    """
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")
        return
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor
            file.write(text)
        Path(name).chmod(0o666 & ~_mask())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def is_one_of(file: str, others: Iterable[str]) -> bool:
    """Whether it is the same file as one of them, whatever the names; none is where it is not there."""
    here = Path(file)
    return here.is_file() and any(Path(one).is_file() and here.samefile(one) for one in others)


def _mask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
