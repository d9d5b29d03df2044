"""A trace as JSON: one stable schema, described in docs/verifying.md."""

import json
from collections.abc import Iterable

from netdsl.cli.ways import Passage, answer_way, request_way
from netdsl.ir.dump import Json, dumped
from netdsl.packets.types import Packet, Verdict
from netdsl.packets.world import World
from netdsl.source import Place

FORMAT_VERSION = 1
"""Counts up when a field changes its meaning or goes; new fields come without notice."""


def trace_json(world: World, verdict: Verdict, size: int) -> str:
    """One ASCII document with a line end after it."""
    head: dict[str, Json] = {
        "format": "netdsl-trace",
        "version": FORMAT_VERSION,
        "lab": world.lab.name,
        "esp": world.esp.value,
        "down": names((*world.held, *world.cut)),
        "size": size,
    }
    ways: dict[str, Json] = {
        "request": [_passage(each) for each in request_way(world, verdict)],
        "answer": [_passage(each) for each in answer_way(world, verdict)],
    }
    return as_text(head | verdict_json(verdict) | ways)


def as_text(document: dict[str, Json]) -> str:
    return json.dumps(document, indent=2) + "\n"


def verdict_json(verdict: Verdict) -> dict[str, Json]:
    """A verdict without its ways."""
    node, service = verdict.answered_by or (None, None)
    return {
        "source": verdict.source,
        "destination": str(verdict.destination),
        "service": None if verdict.service is None else str(verdict.service),
        "outcome": verdict.outcome.value,
        "passes": verdict.passes,
        "is_exact": verdict.is_exact,
        "reason": verdict.reason,
        "node": verdict.node,
        "hook": None if verdict.hook is None else verdict.hook.value,
        "place": place_json(verdict.origin),
        "answered_by": None if node is None else {"node": node, "service": service},
        "tunnels": names(verdict.tunnels),
        "encrypted_on": names(dict.fromkeys(wire.network for wire in verdict.wires if wire.is_encrypted)),
        "clear_on": names(dict.fromkeys(wire.network for wire in verdict.wires if not wire.is_encrypted)),
        "raw": names(verdict.raw),
    }


def names(found: Iterable[str]) -> list[Json]:
    return list(found)


def place_json(place: Place | None) -> Json:
    """`FILE:LINE:COLUMN`, through a template ` via FILE:LINE:COLUMN` behind it."""
    return dumped(place)


def _passage(passage: Passage) -> Json:
    hop, route = passage.hop, passage.next_hop
    gateway = None if route is None or route.gateway is None else str(route.gateway)
    return {
        "node": hop.node,
        "in": hop.in_interface,
        "out": hop.out_interface,
        "next_hop": gateway,
        "route_place": None if route is None else place_json(route.origin),
        "packet": _packet(passage.came),
        "steps": [
            {
                "hook": each.step.hook.value,
                "decision": each.step.decision.value,
                "text": each.step.text,
                "place": place_json(each.step.origin),
                "before": _packet(each.before),
                "after": _packet(each.step.packet),
            }
            for each in passage.steps
        ],
        "wires": [
            {"network": wire.network, "encrypted": wire.is_encrypted, "packet": _packet(wire.packet)}
            for wire in hop.wires
        ],
    }


def _packet(packet: Packet) -> Json:
    return {
        "protocol": packet.protocol.name,
        "source": str(packet.source),
        "source_port": packet.source_port or None,
        "destination": str(packet.destination),
        "destination_port": packet.destination_port or None,
        "icmp_type": packet.icmp_type,
        "is_error": packet.is_error,
        "size": packet.size if packet.has_size else None,
        "tunnel": packet.tunnel,
        "inside": None if packet.inner is None else _packet(packet.inner),
    }
