"""What nodes read is bounded for all nodes together."""

from netdsl.diagnostics.core import Diagnostics
from netdsl.semantics.expand import expand
from netdsl.semantics.files import MemoryReader
from netdsl.semantics.load import load
from netdsl.semantics.resolve import resolve

LAB = 'lab x\nnetwork n 10.0.0.0/24\nfor i in 1..%d { host h-$i { interface on n ; file /root/x from "big" } }\n'


def found(uses: int) -> list[tuple[str, str]]:
    diagnostics = Diagnostics()
    files = {"lab.net": (LAB % uses).encode(), "big": b"x" * 2**24}
    resolve(expand(load("lab.net", MemoryReader(files), diagnostics), {}, diagnostics), diagnostics)
    return [(one.rule.code, one.message) for one in diagnostics if one.is_error]


def test_each_use_of_a_file_counts() -> None:
    assert found(8) == []
    assert found(20) == [("loop-limit", "the files of all nodes are more than 128 MiB, each use counted")]
