"""The patch of the Environment Abstraction Layer: the same arguments, the same mounts, both builds. Needs 256 free huge
pages of 2 MiB, which it reserves and gives back."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.live.machine import HERE

pytestmark = [pytest.mark.live, pytest.mark.full]

_PAGES = 256
_RESERVED = Path("/proc/sys/vm/nr_hugepages")
_FREE = Path("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages")

_SMALL = "size=64M"
_OWN = "size=256M,min_size=256M"
"""Two such mounts reserve all pages."""

_RUN = """
{prepare}
dpdk-testpmd --no-pci --iova-mode=va --lcores '0@0,1@0' --huge-dir /pages {arguments} --vdev net_null0 \
    -- --total-num-mbufs=2048 --no-mlockall </dev/null >/tmp/said 2>&1
echo "status $?"
echo "pages $(find /pages -name 'rtemap_*' -size +0 | wc -l)"
echo "files $(find /pages -name 'rtemap_*' | wc -l)"
cat /tmp/said
"""


@dataclass(frozen=True)
class Outcome:
    """`pages`: files of EAL in the mount that hold a page, after the program has ended; `files`: all of EAL's."""

    works: bool
    pages: int
    files: int
    said: str = ""


@dataclass(frozen=True)
class Row:
    """One start, and what becomes of it without and with the patch. Of `said` each is in the program's output."""

    name: str
    mount: str
    arguments: str
    without: Outcome
    patched: Outcome
    prepare: str = ""
    beside: str = ""  # a second mount


_TOO_LITTLE = "Requested: 128MB, available: 64MB"
_TAKEN = "fallocate -l 40M /pages/other"
ROWS = (
    Row("legacy", _SMALL, "--legacy-mem", Outcome(True, 32, 33), Outcome(True, 32, 32)),
    Row(
        "legacy-too-much", _SMALL, "--legacy-mem -m 128",
        Outcome(False, 32, 33, _TOO_LITTLE), Outcome(False, 32, 32, _TOO_LITTLE),
    ),
    Row("fits", _SMALL, "-m 32", Outcome(True, 16, 16), Outcome(True, 16, 16)),
    Row("all-of-it", _SMALL, "-m 64", Outcome(True, 32, 32), Outcome(True, 32, 32)),
    Row("too-much", _SMALL, "-m 128", Outcome(False, 32, 32), Outcome(False, 0, 0, _TOO_LITTLE)),
    Row("too-much-of-a-node", _SMALL, "--socket-mem=128", Outcome(False, 32, 32), Outcome(False, 0, 0, _TOO_LITTLE)),
    Row("in-memory", _SMALL, "--in-memory -m 128", Outcome(True, 0, 0), Outcome(True, 0, 0)),
    Row("no-limit", "pagesize=2M", "-m 128", Outcome(True, 64, 64), Outcome(True, 64, 64)),
    Row(
        "shared", _SMALL, "-m 32",
        Outcome(False, 12, 12), Outcome(False, 0, 0, "Requested: 32MB, available: 24MB"), prepare=_TAKEN,
    ),
    Row("shared-fits", _SMALL, "-m 24", Outcome(True, 12, 12), Outcome(True, 12, 12), prepare=_TAKEN),
    Row(
        "reserved-legacy", _OWN, "--legacy-mem",
        Outcome(False, 0, 0, "Cannot get hugepage information"), Outcome(True, 128, 128), beside=_OWN,
    ),
    Row("reserved", _OWN, "-m 64", Outcome(True, 32, 32), Outcome(True, 32, 32), beside=_OWN),
)  # fmt: skip


@pytest.fixture(scope="module")
def pages() -> Iterator[None]:
    before, free = int(_RESERVED.read_text()), int(_FREE.read_text())
    _RESERVED.write_text(str(before + max(_PAGES - free, 0)))
    try:
        free = int(_FREE.read_text())
        if free != _PAGES:
            pytest.fail(
                f"needs {_PAGES} free huge pages of 2 MiB, neither more nor less; {free} are free (vm.nr_hugepages)"
            )
        yield
    finally:
        _RESERVED.write_text(str(before))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@pytest.mark.usefixtures("pages")
def test_a_program_takes_what_its_mount_may_hold(row: Row, image: str, unpatched: str) -> None:
    for tag, expected in ((unpatched, row.without), (image, row.patched)):
        said = _said(tag, row)
        counts = dict(line.split(" ") for line in said.splitlines()[:3])
        assert counts == {
            "status": "0" if expected.works else "1", "pages": str(expected.pages), "files": str(expected.files),
        }, f"{tag}: {said}"  # fmt: skip
        assert expected.said in said
        assert expected.said or "Not enough memory" not in said


def _said(tag: str, row: Row) -> str:
    mounts = [word for place, options in (("/pages", row.mount), ("/beside", row.beside)) if options
              for word in ("--mount", _volume(place, options))]  # fmt: skip
    script = _RUN.format(prepare=row.prepare, arguments=row.arguments)
    return HERE.say(
        "docker", "run", "--rm", "--network", "none", "--cap-drop", "ALL", *mounts, tag, "sh", "-c", script, timeout=60
    )


def _volume(place: str, options: str) -> str:
    """A volume without a name, which goes with its container."""
    own = "" if options.startswith("pagesize=") else "pagesize=2M,"
    return f'type=volume,dst={place},volume-opt=type=hugetlbfs,volume-opt=device=none,"volume-opt=o={own}{options}"'
