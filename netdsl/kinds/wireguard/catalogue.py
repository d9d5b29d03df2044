"""Rules of WireGuard's own."""

from netdsl.diagnostics.core import Rule, Severity

PREFIX_OF_TWO_PEERS = Rule(
    "prefix-of-two-peers", Severity.ERROR, "a prefix of two peers, of which one alone gets what is for it"
)
KEEPALIVE_MISSING = Rule(
    "keepalive-missing", Severity.WARNING, "an end behind address translation without a `keepalive`"
)
ROUTE_WITHOUT_PEER = Rule(
    "route-without-peer",
    Severity.WARNING,
    "a route into a WireGuard device that its peer takes nothing of",
    is_about_failure=True,
)
