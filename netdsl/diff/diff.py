"""What two checked labs differ in."""

from collections.abc import Sequence

from netdsl.diff.expected import expectation_changes, finding_changes
from netdsl.diff.flows import compared
from netdsl.diff.pairs import pairs_of
from netdsl.diff.parts import changes
from netdsl.diff.people import people_of
from netdsl.diff.services import class_of, service_classes, spoken
from netdsl.diff.told import told
from netdsl.diff.types import Difference, Names
from netdsl.ir.service import PortService
from netdsl.packets.types import Esp
from netdsl.packets.world import World
from netdsl.pipeline.analysis import Checked


def diff(
    before: Checked, after: Checked, *, esp: Esp = Esp.KERNEL, services: Sequence[PortService | None] = ()
) -> Difference:
    """Both labs as they are meant: tunnels that can come up are up. `services`: these alone are asked (None: a ping), else
    a ping and all ports of TCP and UDP.

    Raises ValueError where one of them has an error before its lab was made.
    """
    old, new = before.lab, after.lab
    if old is None or new is None:
        raise ValueError("a lab with an error has nothing to compare")
    first, second = World(old, esp), World(new, esp)
    pairs = pairs_of(old, new)
    people = people_of(old, new, pairs)
    classes = service_classes((old, new)) if not services else tuple(class_of(one) for one in dict.fromkeys(services))
    flows = compared(first, second, people, classes)
    renamed = pairs.renamed
    return Difference(
        Names(old.name, new.name),
        tuple(changes(first, second, pairs)),
        told(flows, people),
        tuple(expectation_changes(before, after, renamed)),
        tuple(finding_changes(before, after, renamed)),
        spoken(classes, set(range(len(classes))) - flows.left_out),
        spoken(classes, flows.left_out),
    )
