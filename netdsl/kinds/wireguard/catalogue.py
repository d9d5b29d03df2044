"""Rules of WireGuard's own."""

from netdsl.diagnostics.core import Rule, Severity

PREFIX_OF_TWO_PEERS = Rule(
    "prefix-of-two-peers", Severity.ERROR, "a prefix that a device would send to two peers, and that one alone gets"
)
KEEPALIVE_MISSING = Rule(
    "keepalive-missing", Severity.WARNING, "an end behind address translation that says nothing while it is silent"
)
