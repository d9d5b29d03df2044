"""The drafts frozen: a node with all that its lines say."""

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Label
from netdsl.ir.ids import host_name
from netdsl.semantics.bindings import BoundInterface, BoundNetwork, BoundNode
from netdsl.semantics.resolve.attributes import yes_or_no
from netdsl.semantics.resolve.capabilities import capabilities
from netdsl.semantics.resolve.contents import environment, files, image_of, resources, runs
from netdsl.semantics.resolve.filters import firewall, nat
from netdsl.semantics.resolve.routes import neighbours
from netdsl.semantics.resolve.services import resolvers
from netdsl.semantics.resolve.sysctls import sysctls
from netdsl.semantics.resolve.work import InterfaceDraft, NetworkDraft, NodeDraft, Work
from netdsl.source import Place
from netdsl.syntax import tree as syntax


def bound_node(node: NodeDraft, work: Work) -> BoundNode:
    destination_nat, source_nat = nat(node, work)
    own_files = files(node, work)
    own_sysctls = sysctls(node, work)
    own_runs = runs(node.block, work)
    return BoundNode(
        id=node.id,
        kind=node.kind,
        host_name=host_name(node.id),
        interfaces=tuple(_interface(draft) for draft in node.interfaces.values()),
        loopbacks=tuple(one.value for one in node.loopbacks),
        shared=frozenset(node.shared),
        routes=tuple(node.routes),
        has_auto_routing=node.has_auto_routing,
        neighbours=neighbours(node, work),
        uplink=_uplink(node, work),
        firewall=firewall(node, work),
        destination_nat=destination_nat,
        source_nat=source_nat,
        services=node.services,
        runs=tuple(command for command, _ in own_runs),
        files=tuple(file for file, _ in own_files),
        environment=environment(node, work),
        sysctls=tuple(pair for pair, _ in own_sysctls),
        resources=resources(node, work),
        capabilities=capabilities(node, work),
        resolvers=resolvers(node, work),
        image=image_of(node, work),
        has_spanning_tree=yes_or_no(node.block.attribute("stp"), False, work.diagnostics),
        place=node.item.place,
        loopback_places=tuple(one.place for one in node.loopbacks),
        run_places=tuple(place for _, place in own_runs),
        sysctl_places=tuple(place for _, place in own_sysctls),
        file_places=tuple(place for _, place in own_files),
    )


def bound_network(draft: NetworkDraft) -> BoundNetwork:
    return BoundNetwork(draft.id, draft.prefixes, draft.driver, draft.mtu, draft.impairment, draft.is_link, draft.place)


def _interface(draft: InterfaceDraft) -> BoundInterface:
    return BoundInterface(
        draft.node, draft.name, draft.network, tuple(draft.addresses), draft.mac, draft.mtu, draft.place,
        tuple(draft.link_local), draft.is_unnumbered,
    )  # fmt: skip


def _uplink(node: NodeDraft, work: Work) -> Place | None:
    lines = node.block.of(syntax.Uplink)
    if len(lines) > 1:
        work.diagnostics.report(
            catalogue.TWO_UPLINKS,
            f"`{node.id}` has two uplinks",
            lines[1][1].place,
            related=(Label(lines[0][1].place, "the first one"),),
            help="one is all that a node can have",
        )
    return lines[0][1].place if lines else None
