"""What kinds of tunnels have in common, and the certificates for them. A kind's block holds those that it takes."""

from netdsl.syntax import tree
from netdsl.syntax.description import FILE, Description, ElementKind

STATEMENTS = (
    Description(
        "between", tree.Between, is_single=True, shape="`between A protecting NETWORKS and B protecting NETWORKS`"
    ),
    Description("gateway", tree.Side, is_single=True),
    Description("client", tree.Side),
    Description("over", tree.Over, is_single=True),
    Description("at", tree.At, shape="`at ADDRESS for NODE`, or `at NODE.INTERFACE for NODE`"),
    Description("pki", tree.Pki, (FILE,), declares=ElementKind.PKI, is_offered=True),
    Description("algorithm", tree.Attribute, ("pki",), is_single=True),
    Description("subject", tree.Attribute, ("pki",), is_single=True),
    Description("intermediate", tree.Attribute, ("pki",), is_single=True),
    Description("crl", tree.Attribute, ("pki",), is_single=True),
    Description("ocsp", tree.Attribute, ("pki",), is_single=True, shape="`ocsp NODE`"),
    Description("revoke", tree.Attribute, ("pki",), shape="`revoke NODE, …`"),
    Description("validity", tree.Attribute, ("pki",), is_single=True),
)
