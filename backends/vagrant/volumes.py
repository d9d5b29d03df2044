"""libvirt's volumes: its copies of boxes, and the disks of machines, which stand on them."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from netdsl.runtime.driver import DriverError, Progress

from .leftovers import element, libvirt, names

_APART = re.compile(r"\s+(?=/)|\s{2,}")  # in what `virsh vol-list` says, a name from its path: a name may have spaces


@dataclass(frozen=True, slots=True)
class Volume:
    """`size`: bytes on disk; `backing`: the path of the volume that it is only the changes of."""

    pool: str
    name: str
    path: str
    size: int
    backing: str | None


def volumes() -> tuple[Volume, ...]:
    """All that libvirt knows, in pools that are active. Raises DriverError where it does not answer."""
    pools = names("pool-list", "--name")
    if pools is None:
        raise DriverError("libvirt does not answer", command="virsh pool-list", remedy="netdsl doctor -t vagrant")
    return tuple(volume for pool in pools for volume in _volumes_of(pool))


def disks_of(domain: str) -> tuple[str, ...]:
    """Paths of a machine's own disks."""
    rows = (line.split(maxsplit=3) for line in (libvirt("domblklist", "--details", domain) or "").splitlines())
    return tuple(row[3] for row in rows if len(row) == 4 and row[1] == "disk" and row[3].startswith("/"))


def take_away_copies(beginnings: Collection[str], progress: Progress) -> None:
    """Delete libvirt's copies of boxes (`Box.copies`): all, or none and DriverError where a machine stands on one."""
    known = volumes()
    copies = [volume for volume in known if volume.name.startswith(tuple(beginnings))]
    standing = standing_on(known, copies)
    if standing:
        raise DriverError(
            f"libvirt's copy of the box stays: {', '.join(f'`{name}`' for name in standing)} "
            f"{'stand' if len(standing) > 1 else 'stands'} on it",
            remedy="take those machines down first (netdsl down, where they were started)",
        )
    for copy in copies:
        progress(f"libvirt's copy of the box is taken away: {copy.name}")
        if libvirt("vol-delete", "--pool", copy.pool, copy.name) is None:
            raise DriverError("libvirt's copy of the box cannot be deleted", command=f"virsh vol-delete {copy.name}")


def standing_on(known: Collection[Volume], copies: Collection[Volume]) -> tuple[str, ...]:
    """The machines whose disks are changes of these volumes: vagrant-libvirt names a disk after its machine."""
    paths = {copy.path for copy in copies}
    return tuple(sorted(volume.name.removesuffix(".img") for volume in known if volume.backing in paths))


def _volumes_of(pool: str) -> Iterator[Volume]:
    for line in (libvirt("vol-list", "--pool", pool) or "").splitlines():
        if line.strip():
            name = _APART.split(line.strip(), maxsplit=1)[0]
            volume = described(pool, libvirt("vol-dumpxml", "--pool", pool, name))
            if volume is not None:
                yield volume


def described(pool: str, text: str | None) -> Volume | None:
    """Of what `virsh vol-dumpxml` says; None of a volume that is gone."""
    root = element(text)
    path = root.findtext("target/path")
    if path is None:
        return None
    size = int(root.findtext("allocation") or 0)
    return Volume(pool, root.findtext("name") or "", path, size, root.findtext("backingStore/path"))
