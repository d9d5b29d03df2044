"""The stages of resolving, in their order.

Each family of statements has a file. They work on drafts (`work`), in the order of what needs what: networks, nodes and
their interfaces, addresses, routes, tunnels, and then everything that names one of these. One mistake gives one message:
what depends on something broken is silent.
"""

from netdsl.diagnostics.core import Diagnostics
from netdsl.semantics.bindings import Bindings
from netdsl.semantics.items import Expanded
from netdsl.semantics.resolve.addresses import addresses
from netdsl.semantics.resolve.contents import images, settings
from netdsl.semantics.resolve.expectations import expectations
from netdsl.semantics.resolve.interfaces import interfaces, nodes
from netdsl.semantics.resolve.networks import join_segments, links, networks
from netdsl.semantics.resolve.nodes import bound_network, bound_node
from netdsl.semantics.resolve.pki import pkis
from netdsl.semantics.resolve.placement import sort_block
from netdsl.semantics.resolve.ports import check_declared
from netdsl.semantics.resolve.routes import routes
from netdsl.semantics.resolve.services import served
from netdsl.semantics.resolve.tunnels import tunnel_ends, tunnels
from netdsl.semantics.resolve.work import Work
from netdsl.syntax import tree as syntax
from netdsl.syntax.description import FILE


def resolve(expanded: Expanded, diagnostics: Diagnostics) -> Bindings | None:
    """The lab with its names resolved; None where an error was reported, now or before: then it has gaps."""
    bindings = resolve_partly(expanded, diagnostics)
    return None if diagnostics.has_errors else bindings


def resolve_partly(expanded: Expanded, diagnostics: Diagnostics) -> Bindings:
    """The same, with gaps where something was reported: for those who know how to look at half a lab."""
    work = Work(expanded, diagnostics)
    block = sort_block(expanded.items, FILE, diagnostics)
    networks(block.of(syntax.Network), work)
    nodes(block.of(syntax.Node), work)
    interfaces(links(block.of(syntax.Link), work), work)
    join_segments(work)
    addresses(work)
    drafts = tunnel_ends(block, work)
    routes(work)
    check_declared(block.of(syntax.Service), work)
    for node in work.nodes.values():
        node.services = served(node, work)
    pkis(block.of(syntax.Pki), expanded.name, work)
    tunnels(drafts, work)
    bound_images = images(block, work)
    return Bindings(
        name=expanded.name,
        title=expanded.title,
        networks={id_: bound_network(draft) for id_, draft in work.networks.items()},
        nodes={id_: bound_node(draft, work) for id_, draft in work.nodes.items()},
        tunnels=work.tunnels,
        pkis=work.pkis,
        images=bound_images,
        expectations=expectations(work),
        settings=settings(block.of(syntax.Target), work),
        place=expanded.place,
        services={name: members for name, members in work.services.items() if members is not None},
    )
