"""What a child carries of the packets between its networks: services, and the ports of the other end."""

from netdsl.dataclass import dataclass
from netdsl.ir.service import PortService
from netdsl.kinds.ipsec import tree
from netdsl.kinds.ipsec.catalogue import ONLY_IMPOSSIBLE
from netdsl.semantics.resolve.placement import Block
from netdsl.semantics.resolve.ports import services
from netdsl.semantics.resolve.work import Work
from netdsl.source import Place


@dataclass(frozen=True, slots=True)
class Only:
    """`services`: of the end that serves them (none: everything). `sources`: of the other end; those protocols come from
    these ports alone. `place`: the first line, where there is one."""

    services: tuple[PortService, ...] = ()
    sources: tuple[PortService, ...] = ()
    place: Place | None = None


EVERYTHING = Only()


def only_of(block: Block, whole: Only, work: Work) -> Only | None:
    """What the lines `only` of a block say together, else what is said for all. None once one is reported."""
    lines = block.of(tree.Only)
    if not lines:
        return whole
    carried: dict[PortService, None] = {}
    sources: dict[PortService, None] = {}
    is_right = True
    for line, item in lines:
        served, given = services(line.services, item, work), services(line.sources, item, work)
        if served is None or given is None:
            is_right = False
            continue
        is_right = _fits(served, given, item.place, work) and is_right
        carried.update(dict.fromkeys(served))
        sources.update(dict.fromkeys(given))
    return Only(tuple(carried), tuple(sources), lines[0][1].place) if is_right else None


def _fits(served: tuple[PortService, ...], given: tuple[PortService, ...], place: Place, work: Work) -> bool:
    """Whether each source is one of a service that has ports. Reports only-impossible."""
    for source in given:
        if not source.protocol.has_ports:
            message, advice = f"`{source}` has no source ports", "ICMP and other protocols stand before `from` alone"
        elif all(one.protocol is not source.protocol for one in served):
            names = ", ".join(dict.fromkeys(str(one.protocol) for one in served))
            message = f"nothing that comes from `{source}` is carried: the line has {names}"
            advice = f"`only {source.protocol}/PORT from {source}`, or another protocol after `from`"
        else:
            continue
        work.diagnostics.report(ONLY_IMPOSSIBLE, message, place, help=advice)
        return False
    return True
