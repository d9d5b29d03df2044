"""The project as text of `lab.json`. No decisions; json.dumps is the one quoting function."""

import json

from .model import NodeSpaces, Project


def lab_text(project: Project) -> str:
    data = {
        "project": project.name,
        "lab": project.lab,
        "payload": project.payload,
        "credentials": project.credentials,
        "roots": {root.name: {"packages": root.packages, "runs": root.runs} for root in project.roots},
        "beside": project.beside,
        "networks": project.networks,
        "nodes": {node.name: _node(node) for node in project.nodes},
    }
    return json.dumps(data, indent=1) + "\n"


def _node(node: NodeSpaces) -> dict[str, object]:
    return {
        "root": node.root,
        "interfaces": {plug.name: {"network": plug.network, "mac": plug.mac} for plug in node.plugs},
        "capabilities": node.capabilities,
        "devices": node.devices,
        "sysctls": dict(node.sysctls),
        "writes": node.writes,
        "limits": {
            "memory": node.limits.memory,
            "quota": node.limits.quota,
            "processes": node.limits.processes,
        },
        "payload": node.payload,
        "resolvers": node.resolvers,
        "credentials": node.credentials,
        "digest": node.digest,
    }
