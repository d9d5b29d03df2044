"""Rules of GRE's own."""

from netdsl.diagnostics.core import Rule, Severity

TUNNEL_KEYS_DIFFER = Rule(
    "tunnel-keys-differ", Severity.ERROR, "a key at one end of a tunnel only, or another one at each"
)
