"""`guard.nft`: only the lab's own interfaces speak to its nodes.

A network's segment may have one more interface than the lab knows: an engine's bridge is also the host's, with a link-local
address of the host on it. Nobody in the lab answers it, not even its neighbour solicitations, so it neither reaches a
node nor is reached by one. Where a segment is carried by an interface that knows nothing but the engine's addresses
(ipvlan), nothing but that segment goes over it.
"""

from netdsl.ir.lab import Lab
from netdsl.payload.contract import PayloadFile
from netdsl.semantics.macs import MAC_PREFIX

CARRIERS = '"netdsl-c*"'  # what network.sh calls an interface that only carries a segment of the lab

_GUARD = """\
table inet netdsl_guard
delete table inet netdsl_guard
table inet netdsl_guard {{
\tchain strangers {{
\t\ttype filter hook prerouting priority -400; policy accept;
\t\tiifname {carriers} udp dport 4789 accept
\t\tiifname {carriers} drop
\t\tiifname {{ "lo", "mgmt", "uplink" }} accept
{given}\t\tether saddr & ff:ff:ff:00:00:00 != {prefix}:00:00:00 drop
\t}}
\tchain carried {{
\t\ttype filter hook output priority -400; policy accept;
\t\toifname {carriers} udp dport 4789 accept
\t\toifname {carriers} ip protocol igmp accept
\t\toifname {carriers} drop
\t}}
\tchain through {{
\t\ttype filter hook forward priority -400; policy accept;
\t\tiifname {carriers} drop
\t\toifname {carriers} drop
\t}}
}}
"""


def guard_file(lab: Lab) -> PayloadFile:
    """One for all nodes: the allocated MAC addresses by their prefix, those that the source gives one by one."""
    known = {interface.mac for node in lab.nodes for interface in node.interfaces}
    known |= {neighbour.mac for node in lab.nodes for neighbour in node.neighbours}
    given = {mac for mac in known if not mac.startswith(MAC_PREFIX)}
    rule = f"\t\tether saddr {{ {', '.join(sorted(given))} }} accept\n" if given else ""
    return PayloadFile("nftables/guard.nft", _GUARD.format(given=rule, prefix=MAC_PREFIX, carriers=CARRIERS).encode())
