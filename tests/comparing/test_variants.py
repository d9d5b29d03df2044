"""One source with several values of a parameter, on paper."""

import csv
import json
from io import StringIO

import pytest

from netdsl.codegen.contract import Options
from netdsl.comparing.variant_types import Flow, Variants
from netdsl.comparing.variants import subject, variants
from netdsl.comparing.variants_output import variants_csv, variants_json, variants_markdown
from netdsl.comparing.variants_table import variants_table
from netdsl.diagnostics.visible import width_of
from netdsl.pipeline.analysis import check, check_text
from tests.compiling import EXAMPLES

VALUES = ("ipsec", "wireguard", "none")


@pytest.fixture(scope="module")
def kinds() -> Variants:
    path = EXAMPLES / "vpn-kinds/lab.net"
    subjects = [subject(value, check(path, {"vpn": value}), Options()) for value in VALUES]
    return variants("vpn", subjects, ("compose", "vagrant"), Options())


def test_each_value_has_its_tunnel(kinds: Variants) -> None:
    found = [[(of.name, of.kind, of.is_hiding) for of in one.tunnels] for one in kinds.variants]
    assert found == [[("vpn", "ipsec", True)], [("vpn", "wireguard", True)], []]


@pytest.mark.parametrize(
    ("number", "way", "outside"),
    [
        # ESP of 92 bytes inside (RFC 4303, RFC 4106): 20 IP + 8 ESP + 8 IV + 92 + 2 trailer + 2 padding + 16 ICV
        (0, 0, (148, 736, 1452)),
        # in user space, always in UDP: 8 more
        (0, 1, (156, 744, 1460)),
        # WireGuard (protocol page): 20 IP + 8 UDP + 16 header + 96 (92 padded to 16) + 16 tag
        (1, 0, (156, 748, 1468)),
        (2, 0, (92, 681, 1398)),
    ],
)
def test_sizes_on_the_wire_are_those_of_the_headers(
    kinds: Variants, number: int, way: int, outside: tuple[int, ...]
) -> None:
    (path,) = kinds.variants[number].paths
    assert path.name == "client to server"
    assert [of.inside for of in path.ways[way].sizes] == [92, 681, 1398]
    assert tuple(of.outside for of in path.ways[way].sizes) == outside


def test_the_largest_packet_is_the_largest_that_passes_in_one_piece(kinds: Variants) -> None:
    assert [[way.largest for way in one.paths[0].ways] for one in kinds.variants] == [[1446, 1400], [1440], [1500]]


def test_who_reaches_whom_is_told_where_it_differs(kinds: Variants) -> None:
    assert kinds.flows == (
        Flow("server", "client", "10.2.0.10", ("encrypted", "encrypted", "in clear")),
        Flow("client", "server", "10.1.0.10", ("encrypted", "encrypted", "in clear")),
    )
    assert [one.paths[0].ways[0].hidden for one in kinds.variants] == [("internet",), ("internet",), ()]


@pytest.mark.parametrize("width", [60, 80, 110])
def test_the_table_is_as_wide_as_the_terminal(kinds: Variants, width: int) -> None:
    text = variants_table(kinds, width)
    assert max(map(width_of, text.splitlines())) <= width
    for words in ("vpn=ipsec", "vpn=wireguard", "vpn=none", "vpn: wireguard, encrypted", "compose, estimated"):
        assert words in text


def test_every_format_has_every_value(kinds: Variants) -> None:
    data = json.loads(variants_json(kinds))
    assert [one["value"] for one in data["variants"]] == list(VALUES)
    assert data["variants"][1]["paths"][0]["ways"][0]["sizes"][0] == {
        "payload": 64, "inside": 92, "outside": 156, "overhead": 64,
    }  # fmt: skip
    assert data["flows"][0]["by_value"] == {"ipsec": "encrypted", "wireguard": "encrypted", "none": "in clear"}
    lines = list(csv.DictReader(StringIO(variants_csv(kinds))))
    assert {line["value"] for line in lines} == set(VALUES)
    assert "| tunnels | vpn: ipsec, encrypted | vpn: wireguard, encrypted | - |" in variants_markdown(kinds)


GONE = """lab x
param far = yes in yes, no
network a 10.0.0.0/24
host one { interface on a .1 }
host two { interface on a .2 }
if $far == yes { host three { interface on a .3 } }
expect { one reaches two }
"""


def test_what_one_value_lacks_is_told() -> None:
    subjects = [subject(value, check_text(GONE.encode(), {"far": value}), Options()) for value in ("yes", "no")]
    found = variants("far", subjects, ("compose",), Options())
    assert found.flows is not None
    assert Flow("three", "one", "10.0.0.1", ("in clear", "is not there")) in found.flows
