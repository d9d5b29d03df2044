"""Networks, nodes, and what a node runs."""

from netdsl.syntax import tree
from netdsl.syntax.description import FILE, Column, Description, ElementKind

_HOSTS = ("host", "router")
_NODES = (*_HOSTS, "switch")
_SEGMENTS = ("network", "link")

_NODE_LINES = Column(2, "{")

STATEMENTS = (
    Description(
        "service",
        tree.Service,
        (FILE,),
        declares=ElementKind.SERVICE,
        is_offered=True,
        shape="`service NAME = tcp/80, tcp/443`",
    ),
    Description("network", tree.Network, (FILE,), declares=ElementKind.NETWORK, column=Column(2, gap=2)),
    Description("link", tree.Link, (FILE,), column=Column(4), shape="`link A.IF -- B.IF PREFIX`"),
    Description("host", tree.Node, (FILE,), declares=ElementKind.NODE, column=_NODE_LINES),
    Description("router", tree.Node, (FILE,), declares=ElementKind.NODE, column=_NODE_LINES),
    Description("switch", tree.Node, (FILE,), declares=ElementKind.NODE),
    Description("interface", tree.Interface, _NODES),
    Description("route", tree.Route, _HOSTS, shape="`route PREFIX via NODE`"),
    Description("default", tree.Route, _HOSTS),
    Description("routing", tree.Routing, _HOSTS, is_single=True),
    Description("loopback", tree.Loopback, _HOSTS),
    Description("shared", tree.Attribute, _HOSTS),
    Description("neighbour", tree.Neighbour, _HOSTS),
    Description("uplink", tree.Uplink, _HOSTS, power="gives the node a way out of the lab, by this machine"),
    Description("serve", tree.Serve, _HOSTS, shape="`serve KIND tcp/PORT`"),
    Description("zone", tree.Attribute, ("serve",)),
    Description(
        "record", tree.Record, ("serve", "zone"), shape="`record NAME -> NODE`, or `record NAME cname OTHER-NAME`"
    ),
    Description("delegate", tree.Delegate, ("serve", "zone"), shape="`delegate NAME to NODE`"),
    Description("recursion", tree.Attribute, ("serve",), for_nodes=("serve",)),
    Description("forwarder", tree.Attribute, ("serve",), for_nodes=("serve",)),
    Description("resolver", tree.Attribute, _HOSTS),
    Description(
        "file",
        tree.File,
        _NODES,
        shape='`file /PATH from "FILE"`',
        power="puts a file of its author's where programs of the node read it, or run it",
    ),
    Description("run", tree.Run, (*_NODES, "image"), power="runs a command of its author's"),
    Description("env", tree.Assignment, _NODES, power="changes what programs of the node do"),
    Description("sysctl", tree.Assignment, _NODES),
    Description("capability", tree.Attribute, _NODES),
    Description("cpu", tree.Attribute, _NODES, is_single=True),
    Description("memory", tree.Attribute, _NODES, is_single=True),
    Description("image", tree.Image, (FILE, *_NODES), declares=ElementKind.IMAGE, is_offered=True),
    Description("packages", tree.Attribute, ("image",)),
    Description("platforms", tree.Attribute, ("image",)),
    Description("driver", tree.Attribute, _SEGMENTS, is_single=True),
    Description("delay", tree.Attribute, _SEGMENTS, is_single=True),
    Description("jitter", tree.Attribute, _SEGMENTS, is_single=True),
    Description("loss", tree.Attribute, _SEGMENTS, is_single=True),
    Description("rate", tree.Attribute, _SEGMENTS, is_single=True),
    Description("mtu", tree.Attribute, (*_SEGMENTS, "interface"), is_single=True),
    Description("mac", tree.Attribute, ("interface",), is_single=True),
    Description("unnumbered", tree.Attribute, ("interface",), is_single=True),
    Description("stp", tree.Attribute, ("switch",), is_single=True),
)
