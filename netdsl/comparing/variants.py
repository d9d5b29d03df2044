"""One source with several values of a parameter, compared without running it: nothing is read or written."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import ip_address

from netdsl.codegen.contract import Options
from netdsl.comparing.paper import paper
from netdsl.comparing.variant_types import (
    PAYLOADS,
    Carried,
    Flow,
    PathOnPaper,
    Reach,
    TunnelOnPaper,
    Variant,
    Variants,
    WayOnPaper,
)
from netdsl.dataclass import dataclass
from netdsl.ir.ids import NodeId
from netdsl.ir.lab import Lab
from netdsl.ir.service import PortService, Protocol, port
from netdsl.lower.defaults import IP_HEADER
from netdsl.measuring.paths import PING, PORT, UDP, choose, worlds_of
from netdsl.measuring.types import Path
from netdsl.packets.types import Outcome, Verdict
from netdsl.packets.world import World
from netdsl.pipeline.analysis import Checked
from netdsl.pipeline.compilation import closed, keyless_payload
from netdsl.verify.matrix import matrix
from netdsl.verify.predict import predict
from netdsl.verify.question import BadQuestion
from netdsl.verify.types import Cell

_HEADER = 8  # bytes, of UDP (RFC 768) and of an ICMP echo (RFC 792)
_MOST_PATHS = 4
_LARGEST = 65_535  # bytes of an IP packet


@dataclass(frozen=True, slots=True)
class Subject:
    """A value, the lab with it (closed where the options say so), and what is proven of that."""

    value: str
    lab: Lab
    said: str


def subject(value: str, checked: Checked, options: Options) -> Subject:
    """`checked` has a lab."""
    assert checked.lab is not None, "checked"
    return subject_of(value, closed(checked.lab) if options.is_closed else checked.lab, checked)


def subject_of(value: str, lab: Lab, checked: Checked) -> Subject:
    """`lab`: that of `checked`, or the same closed."""
    return Subject(value, lab, "no expectations" if checked.summary is None else str(checked.summary))


def variants(parameter: str, subjects: Sequence[Subject], targets: Sequence[str], options: Options) -> Variants:
    """The labs of at least one value, in each of the targets. Raises as `paper`."""
    worlds = [worlds_of(one.lab) for one in subjects]
    paths = tuple(_paths(subjects, worlds))
    cells = [_cells(of_lab[0]) for of_lab in worlds]
    found = tuple(
        Variant(
            value=one.value,
            paper=paper(one.lab, targets, options),
            tunnels=tuple(_tunnels(one.lab)),
            paths=tuple(_on_paper(of_lab, path) for path in paths),
            reach=None if flows is None else _reach(flows),
            said=one.said,
            packages=_packages(one.lab),
        )
        for one, of_lab, flows in zip(subjects, worlds, cells, strict=True)
    )
    known = [flows for flows in cells if flows is not None]
    return Variants(parameter, found, tuple(_differing(known)) if len(known) == len(cells) else None)


def _packages(lab: Lab) -> tuple[str, ...]:
    return tuple(sorted({name for node in keyless_payload(lab).nodes.values() for name in node.needs.packages}))


def _tunnels(lab: Lab) -> Iterator[TunnelOnPaper]:
    ends = [end for node in lab.nodes for end in node.tunnels]
    for name in dict.fromkeys(end.tunnel for end in ends):
        own = [end for end in ends if end.tunnel == name]
        rooms = [room for end in own if (room := end.mtu or end.room) is not None]
        is_hiding = all(child.is_hiding for end in own for child in end.children)
        yield TunnelOnPaper(name, own[0].kind, is_hiding, min(rooms) if rooms else None)


# --- paths


def _paths(subjects: Sequence[Subject], worlds: Sequence[Sequence[World]]) -> Iterator[Path]:
    """The paths that `measure` would choose with any of the values, each once."""
    found: dict[tuple[str, str, str], Path] = {}
    for one, of_lab in zip(subjects, worlds, strict=True):
        for path in choose(one.lab, of_lab):
            found.setdefault((path.source, path.destination, path.address), path)
    yield from list(found.values())[:_MOST_PATHS]


def _on_paper(worlds: Sequence[World], path: Path) -> PathOnPaper:
    ways = [_way(world, path) for world in worlds]
    same = {replace(way, esp=None) for way in ways}
    return PathOnPaper(path.source, path.destination, path.address, tuple(same) if len(same) == 1 else tuple(ways))


def _way(world: World, path: Path) -> WayOnPaper:
    if NodeId(path.source) not in {node.id for node in world.lab.nodes}:
        return WayOnPaper(world.esp, (), (), (), (), None, f"there is no node `{path.source}`")
    flow = _Flow(world, path)
    seen = flow.sent(flow.size(PAYLOADS[0]))
    if not seen.passes:
        return WayOnPaper(world.esp, (), (), (), (), None, seen.reason)
    return WayOnPaper(
        esp=world.esp,
        tunnels=seen.tunnels,
        hidden=tuple(dict.fromkeys(wire.network for wire in seen.wires if wire.is_encrypted)),
        clear=tuple(dict.fromkeys(wire.network for wire in seen.wires if not wire.is_encrypted)),
        sizes=tuple(flow.carried(payload) for payload in PAYLOADS),
        largest=flow.largest(),
    )


@dataclass(frozen=True, slots=True)
class _Flow:
    world: World
    path: Path

    @property
    def service(self) -> PortService | None:
        """UDP where the path lets it through; else what it has."""
        if UDP in self.path.services:
            return port(Protocol.UDP, PORT)
        if PING in self.path.services:
            return None
        return next((port(Protocol.TCP, int(one[4:])) for one in self.path.services if one.startswith("tcp/")), None)

    def size(self, payload: int) -> int:
        return IP_HEADER[ip_address(self.path.address).version] + _HEADER + payload

    def sent(self, size: int) -> Verdict:
        return predict(self.world, NodeId(self.path.source), ip_address(self.path.address), self.service, size=size)

    def carried(self, payload: int) -> Carried:
        size = self.size(payload)
        seen = self.sent(size)
        wires = [wire.packet for hop in seen.request for wire in hop.wires]
        is_known = seen.passes and all(packet.has_size for packet in wires)
        return Carried(payload, size, max((packet.size for packet in wires), default=size) if is_known else None)

    def largest(self) -> int | None:
        """By halves: a packet that passes in one piece does so with fewer bytes, too. None: the largest IP packet does."""
        low, high = self.size(0), _LARGEST
        if self.sent(high).passes:
            return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.sent(middle).passes else (low, middle)
        return low


# --- who reaches whom


def _cells(world: World) -> tuple[Cell, ...] | None:
    try:
        return tuple(matrix(world))
    except BadQuestion:
        return None


def _reach(cells: Sequence[Cell]) -> Reach:
    known = [cell for cell in cells if _is_known(cell)]
    passing = [cell for cell in known if cell.passes]
    return Reach(len(cells), len(passing), sum(cell.is_encrypted for cell in passing), len(cells) - len(known))


def _is_known(cell: Cell) -> bool:
    return cell.is_exact and cell.outcome is not Outcome.NOT_VERIFIED


def _differing(labs: Sequence[Sequence[Cell]]) -> Iterator[Flow]:
    """The flows that do not end alike in all labs, in the order of the first that has them."""
    ends = [{(cell.source, cell.destination, str(cell.address)): _end(cell) for cell in cells} for cells in labs]
    for key in dict.fromkeys(key for of_lab in ends for key in of_lab):
        by_value = tuple(of_lab.get(key, "is not there") for of_lab in ends)
        if len(set(by_value)) > 1:
            yield Flow(*key, by_value)


def _end(cell: Cell) -> str:
    if not _is_known(cell):
        return "cannot be known"
    if not cell.passes:
        return "does not pass"
    return "encrypted" if cell.is_encrypted else "in clear"
