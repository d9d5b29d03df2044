"""All rules of the core, each declared once. Each has a page in `pages/` and a golden case, which a test checks.

A kind's own rules are constants of its module `netdsl.kinds.KIND.catalogue`, their pages in its folder `pages/`.
"""

from collections.abc import Mapping
from functools import cache

from netdsl.diagnostics.core import OVER_LIMIT, Rule, Severity
from netdsl.index import modules

CATALOGUE: dict[str, Rule] = {}


def _error(code: str, summary: str, *, is_about_failure: bool = False) -> Rule:
    rule = CATALOGUE[code] = Rule(code, Severity.ERROR, summary, is_about_failure)
    return rule


def _warning(code: str, summary: str, *, is_about_failure: bool = False) -> Rule:
    rule = CATALOGUE[code] = Rule(code, Severity.WARNING, summary, is_about_failure)
    return rule


# --- text and syntax
NOT_UTF8 = _error("not-utf8", "the file is not UTF-8 text")
FORBIDDEN_CHARACTER = _error("forbidden-character", "a control, bidirectional or invisible character")
SYNTAX_ERROR = _error("syntax-error", "the text does not follow the grammar")
UNCLOSED_BLOCK = _error("unclosed-block", "a block is opened and never closed")
UNCLOSED_STRING = _error("unclosed-string", "a string has no closing quote on its line")
UNKNOWN_STATEMENT = _error("unknown-statement", "a line begins with a word that is no statement")
FOREIGN_FILE = _error("foreign-file", "a file of another tool where a lab is read")
FOREIGN_WORD = _error("foreign-word", "a word of another tool, where this language has its own")
NESTING_TOO_DEEP = _error("nesting-too-deep", "blocks, brackets or expressions nested beyond the limit")
NOT_SUPPORTED_YET = _error("not-supported-yet", "a statement of the language that this version cannot compile")
MISPLACED_STATEMENT = _error("misplaced-statement", "a statement that does not belong in this block")
REPEATED_STATEMENT = _error("repeated-statement", "a statement that stands once stands twice in a block")
MISSING_STATEMENT = _error("missing-statement", "a block lacks a statement that it must have")
BAD_LITERAL = _error("bad-literal", "a literal with an impossible value (10.0.0.256, 10.0.0.1/33)")
HOST_BITS_SET = _error("host-bits-set", "a prefix whose host bits are not zero")
EMPTY_LAB = _error("empty-lab", "a lab without a node")

# --- files
FILE_NOT_FOUND = _error("file-not-found", "an imported or included file cannot be read")
IMPORT_CYCLE = _error("import-cycle", "files import each other in a circle")
PATH_ESCAPE = _error("path-escape", "a path leaves the folder of the lab")
UNTRUSTED_STATEMENT = _error("untrusted-statement", "what `--untrusted` refuses: it runs or reaches more than the lab")
UNUSED_IMPORT = _warning("unused-import", "an import that nothing uses")

# --- values and expressions
UNKNOWN_VALUE = _error("unknown-value", "`$x` where no value `x` is in scope")
UNKNOWN_FUNCTION = _error("unknown-function", "a function that does not exist")
WRONG_ARITY = _error("wrong-arity", "a function or template with too many or too few arguments")
WRONG_KIND = _error("wrong-kind", "a value of another kind than what must stand there")
DIVISION_BY_ZERO = _error("division-by-zero", "division or remainder by zero")
OUT_OF_RANGE = _error("out-of-range", "a number or index outside its limits")
MISSING_PARAMETER = _error("missing-parameter", "a parameter without default that is not given")
UNKNOWN_PARAMETER = _error("unknown-parameter", "a parameter that the lab or template does not have")
OUTSIDE_DOMAIN = _error("outside-domain", "a parameter's value outside the list or range it may have")
LOOP_LIMIT = CATALOGUE[OVER_LIMIT.code] = OVER_LIMIT
VALUE_CYCLE = _error("value-cycle", "a value defined by itself")
UNUSED_VALUE = _warning("unused-value", "a value that nothing uses")

# --- names, scopes, templates
DUPLICATE_NAME = _error("duplicate-name", "two elements or values of one scope with the same name")
SHADOWED_NAME = _error("shadowed-name", "a name that hides one of an outer scope")
UNKNOWN_NAME = _error("unknown-name", "a name that names nothing here")
UNKNOWN_TEMPLATE = _error("unknown-template", "`use` of a template that does not exist")
WRONG_ELEMENT = _error("wrong-element", "a name that names another kind of element than what must stand there")
INVALID_NAME = _error("invalid-name", "a name with characters an element or value cannot have")
INVALID_HOST_NAME = _error("invalid-host-name", "a node's name that is no host name")
NAME_COLLISION = _error("name-collision", "two nodes whose host names are the same")
RECURSIVE_TEMPLATE = _error("recursive-template", "a template that uses itself")
UNUSED_TEMPLATE = _warning("unused-template", "a template that nothing uses")
NO_MATCH = _error("no-match", "a pattern with `*` that matches nothing")
PATTERN_NOT_ALLOWED = _error("pattern-not-allowed", "`*` where one name must stand")

# --- networks, interfaces, addresses
DUPLICATE_PREFIX = _error("duplicate-prefix", "overlapping prefixes on one network")
ADDRESS_OUTSIDE_PREFIX = _error("address-outside-prefix", "an address outside every prefix of its network")
DUPLICATE_ADDRESS = _error("duplicate-address", "an address twice on one network")
RESERVED_ADDRESS = _error("reserved-address", "a network's own, broadcast or otherwise reserved address")
POOL_EXHAUSTED = _error("pool-exhausted", "no address left in a prefix or pool")
AMBIGUOUS_ADDRESS = _error("ambiguous-address", "a short address that fits more than one prefix")
OVERLAPPING_INTERFACES = _error("overlapping-interfaces", "one node on networks with overlapping prefixes")
OVERLAPPING_RANGES = _warning("overlapping-ranges", "ranges that overlap within one routed domain")
DUPLICATE_INTERFACE = _error("duplicate-interface", "two interfaces of a node with the same name")
RESERVED_INTERFACE_NAME = _error("reserved-interface-name", "an interface name that kernels or netdsl reserve")
INTERFACE_NAME_TOO_LONG = _error("interface-name-too-long", "an interface name over 15 characters")
DUPLICATE_MAC = _error("duplicate-mac", "a MAC address twice on one network")
INVALID_MAC = _error("invalid-mac", "a multicast or zero MAC address")
MTU_OUT_OF_RANGE = _error("mtu-out-of-range", "an MTU that the link or IPv6 cannot have")
KEEPALIVE_TOO_LONG = _warning("keepalive-too-long", "a keepalive that comes after a NAT on the way has forgotten")
MTU_ABOVE_WAY = _warning("mtu-above-way", "an MTU inside a tunnel that the way of its outer packets has no room for")
MTU_ABOVE_NETWORK = _error("mtu-above-network", "an interface's MTU above its network's")
NETWORK_WITHOUT_PREFIX = _error("network-without-prefix", "an address is needed on a network that has no prefix")
NOTHING_TO_BORROW = _error("nothing-to-borrow", "an unnumbered interface with no address to borrow")
SWITCH_LOOP = _error("switch-loop", "switches in a circle without a spanning tree")
UNUSED_NETWORK = _warning("unused-network", "a network on which no node is")
UNKNOWN_DRIVER = _error("unknown-driver", "a network driver or mode that does not exist")
LINK_END_WITHOUT_INTERFACE = _error("link-end", "a link's end that does not name `node.interface`")
TWO_UPLINKS = _error("two-uplinks", "more than one uplink in a node")

# --- routes
NEXT_HOP_UNREACHABLE = _error("next-hop-unreachable", "a next hop on none of the node's networks")
NEXT_HOP_NOBODY = _warning("next-hop-nobody", "a next hop that no node of the lab is")
NEXT_HOP_IS_SELF = _error("next-hop-is-self", "a node as its own next hop")
NEXT_HOP_AMBIGUOUS = _error("next-hop-ambiguous", "a next hop shared over more than one segment")
NEXT_HOP_DOES_NOT_FORWARD = _warning("next-hop-does-not-forward", "a next hop that is a host and forwards nothing")
TWO_DEFAULT_ROUTES = _error("two-default-routes", "two default routes of one family")
DUPLICATE_ROUTE = _error("duplicate-route", "two routes to the same prefix in a node")
ROUTE_FAMILY_MISMATCH = _error("route-family-mismatch", "a route and its next hop of different families")
ROUTE_TO_CONNECTED = _warning("route-to-connected", "a route to a prefix the node is on")
NO_ROUTE = _warning("no-route", "a host that cannot leave its network")

# --- firewall and NAT
MISSING_POLICY = _error("missing-policy", "a firewall without `policy`")
INTERFACE_NOT_OF_NODE = _error("interface-not-of-node", "`in`, `out` or `on` an interface the node does not have")
CHAIN_INTERFACE_MISMATCH = _error("chain-interface-mismatch", "`out` in the input chain or `in` in the output chain")
UNKNOWN_PROTOCOL = _error("unknown-protocol", "an unknown protocol or service name")
PORT_OUT_OF_RANGE = _error("port-out-of-range", "a port outside 1 to 65535")
TUNNEL_BLOCKED_BY_FIREWALL = _error("tunnel-blocked-by-firewall", "a tunnel's own packets are dropped at its end")
MASQUERADE_HITS_TUNNEL = _warning(
    "masquerade-hits-tunnel", "source NAT changes what a tunnel's selectors expect", is_about_failure=True
)
THROUGH_BEFORE_NAT = _error(
    "through-before-nat", "`through` a tunnel that only source NAT leads into", is_about_failure=True
)
RULE_NEVER_MATCHES = _warning(
    "rule-never-matches", "a rule that an earlier one hides, or that nothing can match", is_about_failure=True
)
SAME_DNAT_TWICE = _error("same-dnat-twice", "two dnat rules for the same packets")
SERVICE_BLOCKED = _warning("service-blocked", "a node serves what its own firewall drops")
AMBIGUOUS_NODE_ADDRESS = _error("ambiguous-node-address", "a node in a filter whose address is somebody else's too")
NAT_TARGET_UNREACHABLE = _error("nat-target-unreachable", "a NAT target that the node has no route to")
NEEDS_TRACKING = _error("needs-tracking", "NAT or `state` where the firewall tracks no connections")
NETMAP_UNEVEN = _error("netmap-uneven", "`netmap` between two prefixes of unequal length")
SNAT_ADDRESS_FOREIGN = _warning("snat-address-foreign", "source NAT to an address the node does not have")
TUNNEL_NOT_OF_NODE = _error("tunnel-not-of-node", "a tunnel named by a node that is no end of it")
FAMILY_MISMATCH = _error("family-mismatch", "a rule or a child whose two sides are of different families")

# --- tunnels and certificates
TUNNEL_ENDS_DO_NOT_MEET = _error("tunnel-ends-do-not-meet", "ends of a tunnel without a way to each other")
TUNNEL_FAMILY_AMBIGUOUS = _error("tunnel-family-ambiguous", "both ends have both families and `over` is missing")
TUNNEL_END_AMBIGUOUS = _error("tunnel-end-ambiguous", "an end of a tunnel with several addresses to choose from")
TUNNEL_TO_SELF = _error("tunnel-to-self", "both ends of a tunnel are one node")
TUNNEL_CARRIES_ITSELF = _error("tunnel-carries-itself", "a tunnel's own outer packets are led into it")
TUNNEL_WITHOUT_ADDRESSES = _error("tunnel-without-addresses", "an address inside a tunnel whose devices have none")
TUNNELS_NOT_TOLD_APART = _error("tunnels-not-told-apart", "nothing tells the outer packets of two tunnels apart")
PROTECTED_NOT_ATTACHED = _warning(
    "protected-not-attached", "a protected network that its end cannot reach", is_about_failure=True
)
POOL_OVERLAPS = _error("pool-overlaps", "a virtual address pool that overlaps a network")
POOL_WITHOUT_CLIENTS = _error("pool-without-clients", "a pool in a tunnel without clients")
PKI_ALGORITHM = _error("pki-algorithm", "an unknown key algorithm")
PKI_VALIDITY = _error("pki-validity", "a validity that certificates cannot have")
INVALID_SUBJECT = _error("invalid-subject", "a distinguished name that cannot be read")
UNUSED_PKI = _warning("unused-pki", "a `pki` that no tunnel uses")
REVOCATION_WITHOUT_EFFECT = _warning("revocation-without-effect", "a certificate revoked that no end refuses for it")

# --- nodes: services, files, resources
DUPLICATE_SERVICE = _error("duplicate-service", "two services of a node on one port")
PORT_TAKEN = _error("port-taken", "a port of a node that a tunnel listens on, and something else")
DHCP_WITHOUT_NETWORK = _error("dhcp-without-network", "a DHCP server in a node without an IPv4 network")
DUPLICATE_FILE = _error("duplicate-file", "two files at one path in a node")
UNUSED_IMAGE = _warning("unused-image", "an `image` that no node uses")
UNKNOWN_SERVICE_KIND = _error("unknown-service-kind", "`serve` of a kind that does not exist")
INVALID_FILE_PATH = _error("invalid-file-path", "a file's place in a node that is not absolute or is reserved")
INVALID_ENVIRONMENT = _error("invalid-environment", "an environment variable's name that shells cannot have")
INVALID_SYSCTL = _error("invalid-sysctl", "a sysctl that is not of the network namespace, or has no place here")
SYSCTL_CONFLICT = _error("sysctl-conflict", "a sysctl that contradicts what the node is")
INVALID_RESOURCE = _error("invalid-resource", "a cpu or memory limit that no runtime can give")
INVALID_CAPABILITY = _error("invalid-capability", "a capability that reaches out of the node, or does not exist")
RUN_WITHOUT_CAPABILITY = _warning(
    "run-without-capability", "a command that needs a right which the node has not", is_about_failure=True
)
INVALID_PACKAGE = _error("invalid-package", "a package name that Debian cannot have")
RESOLVER_UNREACHABLE = _error(
    "resolver-unreachable", "a resolver that serves no dns or shares no address family", is_about_failure=True
)
INVALID_ZONE = _error("invalid-zone", "a DNS zone or record name that is no domain name")
DUPLICATE_ZONE = _error("duplicate-zone", "a server of names with one zone twice")
CNAME_BESIDE_RECORDS = _error("cname-beside-records", "a name with a CNAME and other records")
MIXED_NAME_SERVER = _error("mixed-name-server", "a server of names that has zones, and asks others for the rest")
LAME_DELEGATION = _warning(
    "lame-delegation", "a zone delegated to a node that does not serve it", is_about_failure=True
)
MISSING_GLUE = _warning(
    "missing-glue", "a zone whose server is inside of it, without an address", is_about_failure=True
)
OCCLUDED_RECORD = _warning("occluded-record", "a record in a zone that is delegated", is_about_failure=True)
NO_ROOT_SERVER = _warning("no-root-server", "recursion in a lab without a root zone", is_about_failure=True)
CNAME_LOOP = _warning("cname-loop", "CNAMEs that lead in a circle", is_about_failure=True)
FORWARDER_LOOP = _warning("forwarder-loop", "servers of names that ask one another in a circle", is_about_failure=True)
UNKNOWN_SETTING = _error("unknown-setting", "a setting that a target, or its value, does not have")
SETTING_OF_CALLER = _error("setting-of-caller", "a setting of a target that only the command line may give")

# --- expectations
UNKNOWN_EXPECTED_SERVICE = _error("unknown-expected-service", "`answered by` a service nobody serves")
UNKNOWN_STATE = _error("unknown-state", "an expectation about a state that tunnels of the kind do not have")
EXPECT_IMPOSSIBLE = _error("expect-impossible", "an expectation that its names already make impossible")
DUPLICATE_EXPECTATION = _warning("duplicate-expectation", "the same expectation twice")
EXPECTATION_FAILS = _error("expectation-fails", "an expectation that the lab does not meet")
FAILURE_DOES_NOT_SHOW = _error("failure-does-not-show", "an `expect failure` block of which every line holds")
EXPECTATION_NOT_VERIFIED = _warning("expectation-not-verified", "an expectation that raw parts or a race decide")

# --- found by following packets, without any `expect`
ROUTING_LOOP = _warning("routing-loop", "routes that lead packets round in a circle")
BLACK_HOLE = _warning("black-hole", "a route to a network of the lab that a router further on has none to")
ONE_WAY_PATH = _warning("one-way-path", "a network that is reached, and whose answers find no way back")
TUNNEL_STAYS_DOWN = _warning("tunnel-stays-down", "a tunnel whose ends cannot come to an agreement")
POLICIES_COINCIDE = _error("policies-coincide", "two tunnels whose policies in a node take the same packets")
CLEAR_WHEN_DOWN = _warning("clear-when-down", "traffic that arrives in clear when its tunnel falls")

# --- targets
UNSUPPORTED_BY_TARGET = _error("unsupported-by-target", "a feature that the chosen target does not have")
DIFFERS_IN_TARGET = _warning("differs-in-target", "something that the chosen target makes otherwise than the others")


@cache
def homes() -> Mapping[str, tuple[Rule, str]]:
    """Every rule of the core and of the kinds, by its code, with the package whose folder `pages` explains it."""
    found = {code: (rule, "netdsl.diagnostics") for code, rule in CATALOGUE.items()}
    for kind, module in modules("catalogue"):
        for rule in vars(module).values():
            if isinstance(rule, Rule):
                assert rule.code not in found, f"two rules are called `{rule.code}`"
                found[rule.code] = (rule, f"netdsl.kinds.{kind}")
    return found
