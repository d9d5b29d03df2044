"""Rules of OpenVPN's own."""

from netdsl.diagnostics.core import Rule, Severity

PREFIX_OF_TWO_CLIENTS = Rule(
    "prefix-of-two-clients", Severity.ERROR, "a prefix of two clients, of which one gets what is for it"
)
WEAK_DIGEST = Rule("weak-digest", Severity.WARNING, "a digest that is deprecated")
CERTIFICATE_NAME = Rule(
    "certificate-name", Severity.ERROR, "a certificate without a name by which OpenVPN can tell its owner"
)
