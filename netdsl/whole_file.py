"""Writing a file atomically."""

import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Replace a file atomically; concurrent readers get the old or the new content. The folder must exist. Raises
    OSError.

    A path that is no regular file (/dev/null, /dev/stdout, a pipe) is written to, never replaced.
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


def rewrite(texts: Mapping[Path, bytes]) -> None:
    """Give files that there are other contents, each with the mode that it has. All parts are written before the first
    file is replaced. Raises OSError; then no file has changed, unless replacing one failed where others were replaced."""
    parts: dict[Path, Path] = {}
    try:
        for path, content in texts.items():
            real = path.resolve()
            descriptor, name = tempfile.mkstemp(prefix=f".{real.name}-", dir=real.parent)
            parts[real] = Path(name)
            with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
                file.write(content)
            parts[real].chmod(real.stat().st_mode & 0o7777)
        for real, part in parts.items():
            part.replace(real)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def is_one_of(file: str, others: Iterable[str]) -> bool:
    """Whether `file` is the same file as one of `others`, also under another name. False if it does not exist."""
    path = Path(file)
    return path.is_file() and any(Path(other).is_file() and path.samefile(other) for other in others)


def _mask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
