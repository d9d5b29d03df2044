"""Decisions: from the lab to what `lab.json` says. No text is made here."""

from collections.abc import Mapping

from netdsl.codegen.contract import Layout, Options
from netdsl.codegen.images import Stage, stages
from netdsl.codegen.limits import Limits, limits_of, node_limits
from netdsl.codegen.names import network_keys, project_name
from netdsl.ir.ids import NetworkId
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.payload.contract import RESOLVERS, NodePayload, Payload

from .beside import beside_of
from .model import NodeSpaces, Plug, Project, Root


def lower(lab: Lab, payload: Payload, layout: Layout, options: Options) -> Project:
    """The project. Linear in nodes and interfaces."""
    made, stage_of = stages(lab, payload, options)
    beside = beside_of(made)
    keys = network_keys(lab)
    common = limits_of(lab, options, "namespaces")
    nodes = tuple(
        _node(
            node,
            payload.nodes[node.id],
            stage_of[node.id],
            keys,
            layout,
            node_limits(node.resources, common, options),
        )
        for node in lab.nodes
    )
    used = {plug.network for node in nodes for plug in node.plugs}
    roots = dict.fromkeys((*(_root(stage) for stage in made), beside))
    return Project(
        name=project_name(lab, options),
        lab=lab.name,
        payload=layout.lab,
        credentials=layout.credentials,
        roots=tuple(roots),
        beside=beside.name,
        networks=tuple(key for key in keys.values() if key in used),
        nodes=nodes,
    )


def _root(stage: Stage) -> Root:
    return Root(stage.name, stage.packages, stage.runs)


def _node(
    node: Node,
    inside: NodePayload,
    stage: Stage,
    keys: Mapping[NetworkId, str],
    layout: Layout,
    limits: Limits,
) -> NodeSpaces:
    own = layout.node(node.host_name)
    has_resolvers = any(file.path == RESOLVERS for file in inside.files)
    return NodeSpaces(
        name=node.host_name,
        root=stage.name,
        payload=own,
        resolvers=f"{own if has_resolvers else layout.lab}/{RESOLVERS}",
        credentials=f"nodes/{node.host_name}" if inside.has_credentials else None,
        capabilities=inside.needs.capabilities,
        devices=inside.needs.devices,
        writes=inside.needs.writes,
        sysctls=inside.needs.sysctls,
        plugs=tuple(Plug(each.name, keys[each.network], each.mac) for each in node.wired),
        limits=limits,
        digest=inside.digest,
    )
