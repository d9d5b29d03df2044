"""IPsec's own rules."""

from netdsl.diagnostics.core import Rule, Severity

UNKNOWN_PROPOSAL = Rule("unknown-proposal", Severity.ERROR, "an unknown algorithm or an impossible proposal")
WEAK_PROPOSAL = Rule("weak-proposal", Severity.WARNING, "an algorithm that is broken or deprecated")
SELECTORS_OVERLAP = Rule(
    "selectors-overlap", Severity.ERROR, "traffic selectors of a tunnel's ends, or of two tunnels, overlap"
)
SECRET_MISSING = Rule("secret-missing", Severity.ERROR, "an authentication that needs a secret, or one for nobody")
WEAK_SECRET = Rule("weak-secret", Severity.WARNING, "a secret short enough to be guessed")
TRANSPORT_WITH_PROTECTED = Rule("transport-with-protected", Severity.ERROR, "transport mode with protected networks")
CHILD_NETWORKS_FOREIGN = Rule(
    "child-networks-foreign", Severity.WARNING, "a child's networks that its end cannot reach", is_about_failure=True
)
ONLY_ICMP_TYPE = Rule(
    "only-icmp-type",
    Severity.WARNING,
    "a tunnel for echo requests without replies, or the other way",
    is_about_failure=True,
)
POOL_UNANSWERED = Rule(
    "pool-unanswered",
    Severity.WARNING,
    "virtual addresses inside of a network where nobody answers for them",
    is_about_failure=True,
)
POOL_SERVER = Rule("pool-server", Severity.ERROR, "a DHCP server that cannot give out a pool")
FARP_IMPOSSIBLE = Rule("farp-impossible", Severity.ERROR, "`farp` for what it never answers for")
ONLY_IMPOSSIBLE = Rule("only-impossible", Severity.ERROR, "an `only` that no packet fits")
SHARED_IDENTITY = Rule("shared-identity", Severity.ERROR, "an identity that two nodes have towards the same peer")
BACKUP_IMPOSSIBLE = Rule("backup-impossible", Severity.ERROR, "a tunnel that cannot be the backup of another")
AUTH_MISMATCH = Rule("auth-mismatch", Severity.ERROR, "an authentication that this end or tunnel cannot have")
ENDS_DISAGREE = Rule(
    "ends-disagree", Severity.WARNING, "two ends of a tunnel that say different things", is_about_failure=True
)
