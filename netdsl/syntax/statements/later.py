"""Statements of the language that this version does not compile: their whole text, block and all, is passed over."""

from netdsl.index import TUNNELS
from netdsl.syntax.description import Description
from netdsl.syntax.tree import Later

_ROUTING = "`routing auto` finds routes, `route PREFIX via NODE` says them"
_TUNNEL = f"this version has the tunnels {', '.join(f'`{kind}`' for kind in TUNNELS)}"

_LATER = (
    ("ospf bgp", "area neighbor announce send receive prefer passive", _ROUTING),
    ("tunnel", "", _TUNNEL),
    ("", "rewrite-mac", ""),
    ("vrf", "", "a node has one routing table"),
    ("vlan", "", "each segment is a network of its own: `network NAME PREFIX`"),
    ("vnf", "app cores hugepages", "`router NAME { … }` forwards in the kernel"),
    (
        "bench",
        "vary flow workload repeat baseline measure payload burst count server",
        "`netdsl measure` measures a lab",
    ),
)
"""Statements, the lines of their blocks, what there is instead."""

FEATURES = frozenset(word for words, _, _ in _LATER for word in words.split())
"""The words that name what the version lacks, wherever they stand."""
STATEMENTS = tuple(
    Description(word, Later, instead=instead)
    for words, lines, instead in _LATER
    for word in (*words.split(), *lines.split())
)
