"""libvirt's volumes: copies of boxes, and the disks of machines, which are overlays of these copies."""

import re
from collections.abc import Collection, Iterator

from netdsl.dataclass import dataclass
from netdsl.runtime.driver import DriverError, Progress

from .leftovers import element, libvirt, names

_APART = re.compile(
    r"\s+(?=/)|\s{2,}"
)  # separates name and path in the output of `virsh vol-list`; a name may have spaces


@dataclass(frozen=True, slots=True)
class Volume:
    """`size`: bytes on disk; `backing`: the path of the backing volume, None without one."""

    pool: str
    name: str
    path: str
    size: int
    backing: str | None


def volumes() -> tuple[Volume, ...]:
    """All volumes in active pools. Raises DriverError if libvirt does not answer."""
    pools = names("pool-list", "--name")
    if pools is None:
        raise DriverError("libvirt does not answer", command="virsh pool-list", remedy="netdsl doctor -t vagrant")
    return tuple(volume for pool in pools for volume in _volumes_of(pool))


def disks_of(domain: str) -> tuple[str, ...]:
    """The paths of a machine's disks."""
    rows = (line.split(maxsplit=3) for line in (libvirt("domblklist", "--details", domain) or "").splitlines())
    return tuple(row[3] for row in rows if len(row) == 4 and row[1] == "disk" and row[3].startswith("/"))


def take_away_copies(beginnings: Collection[str], progress: Progress) -> None:
    """Delete libvirt's copies of boxes (`Box.copies`). Raises DriverError, without deleting any, if a machine uses
    one."""
    existing = volumes()
    copies = [volume for volume in existing if volume.name.startswith(tuple(beginnings))]
    users = users_of(existing, copies)
    if users:
        raise DriverError(
            f"libvirt's copy of the box stays: {', '.join(f'`{name}`' for name in users)} "
            f"{'stand' if len(users) > 1 else 'stands'} on it",
            remedy="take those machines down first (netdsl down, where they were started)",
        )
    for copy in copies:
        progress(f"libvirt's copy of the box is taken away: {copy.name}")
        if libvirt("vol-delete", "--pool", copy.pool, copy.name) is None:
            raise DriverError("libvirt's copy of the box cannot be deleted", command=f"virsh vol-delete {copy.name}")


def users_of(existing: Collection[Volume], copies: Collection[Volume]) -> tuple[str, ...]:
    """The machines whose disks are overlays of the volumes: vagrant-libvirt names a disk after its machine."""
    paths = {copy.path for copy in copies}
    return tuple(sorted(volume.name.removesuffix(".img") for volume in existing if volume.backing in paths))


def _volumes_of(pool: str) -> Iterator[Volume]:
    for line in (libvirt("vol-list", "--pool", pool) or "").splitlines():
        if line.strip():
            name = _APART.split(line.strip(), maxsplit=1)[0]
            volume = described(pool, libvirt("vol-dumpxml", "--pool", pool, name))
            if volume is not None:
                yield volume


def described(pool: str, text: str | None) -> Volume | None:
    """The volume in the output of `virsh vol-dumpxml`; None if it no longer exists."""
    root = element(text)
    path = root.findtext("target/path")
    if path is None:
        return None
    size = int(root.findtext("allocation") or 0)
    return Volume(pool, root.findtext("name") or "", path, size, root.findtext("backingStore/path"))
