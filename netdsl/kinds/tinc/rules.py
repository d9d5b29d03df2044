"""Rules on tinc."""

from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.ids import Prefix
from netdsl.kinds.tinc.bindings import bound
from netdsl.kinds.tinc.catalogue import SUBNET_OF_TWO_ENDS, WEAK_CIPHER_OR_DIGEST
from netdsl.kinds.tinc.ir import CIPHER, DIGEST
from netdsl.semantics.bindings import BoundEnd, BoundTunnel
from netdsl.semantics.peers import behind
from netdsl.semantics.rules.facts import Facts
from netdsl.semantics.rules.outer_packets import check_told_apart

WEAK = {
    "des-ede3-cbc": "has blocks of 64 bits, which repeat (CVE-2016-2183)",
    "md5": "is broken (RFC 6151)",
    "sha1": "is deprecated (RFC 6194)",
}
"""What should not be used any more, and why."""
_NONE = {"cipher": "sends in clear what goes over UDP", "digest": "takes what others have changed"}
_REMEDY = "another port for one of the two, `listen PORT`"


def check(tunnels: tuple[BoundTunnel, ...], facts: Facts, diagnostics: Diagnostics) -> None:
    """The daemons of a node have a port of their own at each address, and a prefix has one end."""
    check_told_apart(tunnels, _mark, "the same `listen` port", _REMEDY, diagnostics)
    for tunnel in tunnels:
        _check_prefixes(tunnel, diagnostics)
        _check_protection(tunnel, diagnostics)


def _mark(tunnel: BoundTunnel, end: BoundEnd, other: BoundEnd) -> object:
    return end.outer, bound(tunnel).ports[end.node]


def _check_prefixes(tunnel: BoundTunnel, diagnostics: Diagnostics) -> None:
    """Of two daemons with the same prefix the others take the one whose name is first, as long as it is there
    (src/subnet.c, subnet_compare_ipv4, lookup_subnet_ipv4)."""
    first_of: dict[Prefix, BoundEnd] = {}
    told: set[Prefix] = set()
    for end in tunnel.ends:
        for prefix in behind(end):
            first = first_of.setdefault(prefix, end)
            if first is end or prefix in told:
                continue
            told.add(prefix)
            diagnostics.report(
                SUBNET_OF_TWO_ENDS,
                f"`{first.node}` and `{end.node}` are both to get what is for {prefix} in `{tunnel.id}`",
                end.place,
                "one alone gets it",
                related=(Label(first.place, "the first one that has it"),),
                help="networks of their own for each, or prefixes of which one holds the other",
            )


def _check_protection(tunnel: BoundTunnel, diagnostics: Diagnostics) -> None:
    settings = bound(tunnel)
    for word, usual, chosen in (("cipher", CIPHER, settings.cipher), ("digest", DIGEST, settings.digest)):
        why = None if chosen is None else _NONE[word] if chosen.value == "none" else WEAK.get(chosen.value)
        if chosen is not None and why is not None:
            message = f"the {word} `{chosen.value}` of `{tunnel.id}` {why}"
            diagnostics.report(WEAK_CIPHER_OR_DIGEST, message, chosen.place, help=f"`{word} {usual}`")
