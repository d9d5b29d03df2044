"""Rules of tinc's own."""

from netdsl.diagnostics.core import Rule, Severity

SUBNET_OF_TWO_ENDS = Rule(
    "subnet-of-two-ends", Severity.ERROR, "a prefix of two ends of tinc, of which one alone gets what is for it"
)
WEAK_CIPHER_OR_DIGEST = Rule(
    "weak-cipher-or-digest", Severity.WARNING, "a cipher or digest of tinc that is broken, deprecated or none"
)
