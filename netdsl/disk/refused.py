"""Why a path is not opened."""

import errno
import os
from typing import NoReturn

_LINK = "a symbolic link, which netdsl does not follow here"


class PathRefused(OSError):
    """What lies at a path is not opened: a link, a pipe, too large, another user's. `strerror` says why, `remedy` what the
    user can do."""

    def __init__(self, path: str, reason: str, remedy: str = "") -> None:
        super().__init__(errno.EPERM, reason, path)
        self.remedy = remedy


class TooLarge(PathRefused):
    """The file has more bytes than are allowed."""

    def __init__(self, path: str, limit: int) -> None:
        super().__init__(path, f"larger than {limit >> 20} MiB" if limit >= 2**20 else f"larger than {limit} bytes")


class PathEscape(Exception):
    """The path leaves the folder."""


def refuse(error: OSError, shown: str) -> NoReturn:
    """Raise the same error with the whole path; what is a link or no file in our words."""
    if isinstance(error, PathRefused):
        raise error
    if error.errno == errno.ELOOP:
        raise link_refused(shown) from error
    if error.errno == errno.ENXIO:
        raise PathRefused(shown, "not a regular file") from error
    raise OSError(error.errno, error.strerror, shown) from error


def link_refused(shown: str) -> PathRefused:
    return PathRefused(shown, _LINK, "name what it leads to, or remove it")


def is_ours(status: os.stat_result) -> bool:
    """Whether a file belongs to the caller, or to root, which may do all; root takes what is anybody's."""
    return status.st_uid in (os.geteuid(), 0) or os.geteuid() == 0
