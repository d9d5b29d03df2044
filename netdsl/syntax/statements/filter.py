"""Firewall and NAT."""

from netdsl.syntax import tree
from netdsl.syntax.description import Description

STATEMENTS = (
    Description("firewall", tree.Firewall, ("host", "router")),
    Description("policy", tree.Policy, ("firewall",)),
    Description("accept", tree.FilterRule, ("firewall",)),
    Description("drop", tree.FilterRule, ("firewall",)),
    Description("reject", tree.FilterRule, ("firewall",)),
    Description("accept tunnel", tree.AcceptTunnel, ("firewall",)),
    Description("nat", tree.Nat, ("router",)),
    Description("dnat", tree.DestinationNat, ("nat",), shape="`dnat SERVICE to ADDRESS -> HOST`"),
    Description("snat", tree.SourceNat, ("nat",), shape="`snat out INTERFACE -> ADDRESS`"),
    Description("masquerade", tree.Masquerade, ("nat",)),
    Description("netmap", tree.Netmap, ("nat",)),
)
