"""`is encrypted on`, `goes through`: recordings on the networks and nodes named, while marked packets go."""

import zlib
from collections.abc import Iterator, Mapping, Sequence

from netdsl.ir.expectation import Encrypted, GoesThrough
from netdsl.ir.ids import NetworkId
from netdsl.ir.tunnel import Carrier
from netdsl.packets.world import World
from netdsl.testing.flows import Flow, Group
from netdsl.testing.sight import Frame, carries
from netdsl.testing.trial import Asked, Ear, Observed, Trial, untested
from netdsl.testing.types import Seen

Heard = Mapping[NetworkId, Sequence[Frame]]
Carriers = Sequence[Carrier]

_SIZES = (104, 250, 400)
_VARIETY = 48
_SMALLEST_MTU = 700
"""Bytes: with a smaller MTU the largest of the sizes, encapsulated, may not pass in one piece."""
_MOST_EARS = 24


def sized(world: World, flow: Flow, mark: str) -> tuple[str, ...]:
    """The mark, padded to lengths of which no other traffic has the differences: they show through encryption.

    One text where lengths cannot be chosen (a question for a name) or might be cut into fragments.
    """
    smallest = min((network.mtu for network in world.lab.networks), default=1500)
    if flow.kind is None or not flow.kind.carries_text or smallest < _SMALLEST_MTU:
        return (mark,)
    shift = zlib.crc32(mark.encode())
    sizes = [size + (shift >> 8 * number) % _VARIETY for number, size in enumerate(_SIZES)]
    return tuple(mark.ljust(size, ".") for size in sizes)


def marks(texts: Sequence[str]) -> tuple[int, ...]:
    """The lengths to look for."""
    return tuple(map(len, texts))


def carriers_of(world: World) -> Carriers:
    """The outer packets of all tunnels of the lab."""
    ends = (end for node in world.lab.nodes for end in node.tunnels)
    return tuple(dict.fromkeys(carrier for end in ends for carrier in end.carriers))


def outer(frames: Sequence[Frame], carriers: Carriers, mark: str) -> list[Frame]:
    """The outer packets of tunnels in which the mark cannot be read."""
    return [frame for frame in frames if frame.is_of(carriers) and not frame.shows(mark)]


def encrypted(world: World, claim: Encrypted, groups: Sequence[Group], mark: str, seconds: float) -> Trial:
    """On every network named: packets of a tunnel that grow as these do, and nowhere the mark in clear; or the contrary."""
    flow = groups[0][0] if groups and groups[0] else None
    if flow is None or flow.kind is None:
        return untested("there is nobody to ask" if flow is None else f"nothing in a node asks {flow.service}")
    ears = {network: tuple(_senders(world, network, flow)) for network in claim.networks}
    texts, carriers = sized(world, flow, mark), carriers_of(world)

    def judge(observed: Observed) -> Seen:
        silent = next((reply for reply in observed.replies if not reply.passes), None)
        if silent is not None:
            return Seen(False, str(silent))
        control = f"the packets pass: {observed.replies[0]}"
        heard = {network: [frame for ear in ears[network] for frame in observed.heard.get(ear, ())] for network in ears}
        if claim.is_negative:
            return _in_clear(heard, carriers, mark, marks(texts), control)
        return _hidden(heard, carriers, mark, observed.replies[0].text, marks(texts), control)

    asked = tuple(Asked(flow.source, flow.question(text)) for text in texts)
    return Trial(asked, judge, tuple(ear for each in ears.values() for ear in each)[:_MOST_EARS], seconds)


def _hidden(heard: Heard, carriers: Carriers, mark: str, answer: str, sizes: Sequence[int], control: str) -> Seen:
    for network, frames in heard.items():
        if any(_is_told(frame, mark, answer) for frame in frames):
            return Seen(False, f"in clear on `{network}`", control)
        if not carries(outer(frames, carriers, mark), sizes):
            return Seen(False, f"nothing encrypted on `{network}` carries it", control)
    return Seen(True, f"encrypted, and no mark, on {_names(tuple(heard))}", control)


def _is_told(frame: Frame, mark: str, answer: str) -> bool:
    """Whether the request or what a web server answered can be read."""
    return frame.shows(mark) or (bool(answer) and frame.shows(f"\r\n\r\n{answer}\n"))


def _in_clear(heard: Heard, carriers: Carriers, mark: str, sizes: Sequence[int], control: str) -> Seen:
    for network, frames in heard.items():
        if carries(outer(frames, carriers, mark), sizes):
            return Seen(False, f"something encrypted on `{network}` carries it", control)
        if not any(frame.shows(mark) for frame in frames):
            return Seen(False, f"it is not seen on `{network}`", control)
    return Seen(True, f"the mark is read on {_names(tuple(heard))}", control)


def goes_through(world: World, claim: GoesThrough, groups: Sequence[Group], mark: str, seconds: float) -> Trial:
    """The marked packets, or encrypted ones that grow as they do, are seen in each of the nodes; or in none of them."""
    flow = groups[0][0] if groups and groups[0] else None
    if flow is None or flow.kind is None:
        return untested("there is nobody to ask" if flow is None else f"nothing in a node asks {flow.service}")
    ears = tuple(Ear(node, "any") for node in claim.nodes)
    texts, carriers = sized(world, flow, mark), carriers_of(world)

    def judge(observed: Observed) -> Seen:
        silent = next((reply for reply in observed.replies if not reply.passes), None)
        if silent is not None:
            return Seen(False, str(silent))
        control = f"the packets pass: {observed.replies[0]}"
        for ear in ears:
            is_seen = _passes(observed.heard.get(ear, ()), carriers, mark, marks(texts))
            if is_seen is claim.is_negative:
                return Seen(False, f"{'seen' if is_seen else 'not seen'} in `{ear.node}`", control)
        return Seen(True, f"{'not seen' if claim.is_negative else 'seen'} in {_names(claim.nodes)}", control)

    return Trial(tuple(Asked(flow.source, flow.question(text)) for text in texts), judge, ears, seconds)


def _passes(frames: Sequence[Frame], carriers: Carriers, mark: str, sizes: Sequence[int]) -> bool:
    return any(frame.shows(mark) for frame in frames) or carries(outer(frames, carriers, mark), sizes)


def _senders(world: World, network: NetworkId, flow: Flow) -> Iterator[Ear]:
    """Who may put the packets on a network: its routers and switches, and the two ends where they are on it.

    Each packet is taken where it is sent. Where it is received the kernel shows it once more, decrypted.
    """
    ends = {flow.source, flow.target, (flow.predicted.answered_by or (None, None))[0]}
    for node in world.lab.nodes:
        if not (node.kind.forwards or node.kind.bridges or node.id in ends):
            continue
        for interface in node.interfaces:
            if interface.network == network:
                yield Ear(node.id, interface.name, None if node.kind.bridges else interface.mac)


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
