"""Trials for `is encrypted on` and `goes through`: recordings at the named networks and nodes while marked packets are
sent."""

import zlib
from collections.abc import Iterator, Mapping, Sequence

from netdsl.ir.expectation import Encrypted, GoesThrough
from netdsl.ir.ids import NetworkId
from netdsl.ir.tunnel import Carrier
from netdsl.packets.world import World
from netdsl.testing.flows import Flow, Group
from netdsl.testing.sight import Frame, carries
from netdsl.testing.trial import Asked, Listener, Observed, Trial, untested
from netdsl.testing.types import Seen

Recordings = Mapping[NetworkId, Sequence[Frame]]
Carriers = Sequence[Carrier]

_SIZES = (104, 250, 400)
_VARIETY = 48
_SMALLEST_MTU = 700
"""Bytes: with a smaller MTU the largest packet may be fragmented after encapsulation."""
_MOST_LISTENERS = 24


def sized(world: World, flow: Flow, mark: str) -> tuple[str, ...]:
    """The mark, padded to lengths whose differences no other traffic has, so that encrypted packets are recognised by
    them.

    One text only if the length cannot be chosen (DNS), packets might be fragmented, or a tunnel that they may pass does not
    keep lengths: it compresses, or sends them as a stream.
    """
    smallest = min((network.mtu for network in world.lab.networks), default=1500)
    if flow.kind is None or not flow.kind.carries_text or smallest < _SMALLEST_MTU or not _keep_lengths(world, flow):
        return (mark,)
    shift = zlib.crc32(mark.encode())
    sizes = [size + (shift >> 8 * number) % _VARIETY for number, size in enumerate(_SIZES)]
    return tuple(mark.ljust(size, ".") for size in sizes)


def _keep_lengths(world: World, flow: Flow) -> bool:
    """Of the tunnels on the predicted way; of all of the lab where the way is not known."""
    verdict, ends = flow.predicted, (end for node in world.lab.nodes for end in node.tunnels)
    if verdict.passes and not verdict.raw:
        passed = {tunnel for wire in verdict.wires for tunnel in wire.packet.tunnels}
        ends = (end for end in ends if end.tunnel in passed)
    return all(child.keeps_lengths for end in ends for child in end.children)


def marks(texts: Sequence[str]) -> tuple[int, ...]:
    """The lengths to look for in recordings."""
    return tuple(map(len, texts))


def carriers_of(world: World) -> Carriers:
    """The outer packets of all tunnels of the lab."""
    ends = (end for node in world.lab.nodes for end in node.tunnels)
    return tuple(dict.fromkeys(carrier for end in ends for carrier in end.carriers))


def outer(frames: Sequence[Frame], carriers: Carriers, mark: str) -> list[Frame]:
    """The outer packets of tunnels in which the mark cannot be read."""
    return [frame for frame in frames if frame.is_of(carriers) and not frame.shows(mark)]


def encrypted(world: World, claim: Encrypted, groups: Sequence[Group], mark: str, seconds: float) -> Trial:
    """On every network named: packets of a tunnel that grow as these do, and nowhere the mark in clear; or the
    contrary."""
    flow = groups[0][0] if groups and groups[0] else None
    if flow is None or flow.kind is None:
        return untested("there is nobody to ask" if flow is None else f"nothing in a node asks {flow.service}")
    listeners = {network: tuple(_senders(world, network, flow)) for network in claim.networks}
    texts, carriers = sized(world, flow, mark), carriers_of(world)

    def evaluate(observed: Observed) -> Seen:
        silent = next((reply for reply in observed.replies if not reply.passes), None)
        if silent is not None:
            return Seen(False, str(silent))
        control = f"the packets pass: {observed.replies[0]}"
        recorded = {
            network: [frame for listener in listeners[network] for frame in observed.recorded.get(listener, ())]
            for network in listeners
        }
        if claim.is_negative:
            return _in_clear(recorded, carriers, mark, marks(texts), control)
        return _hidden(recorded, carriers, mark, observed.replies[0].text, marks(texts), control)

    asked = tuple(Asked(flow.source, flow.question(text)) for text in texts)
    return Trial(
        asked, evaluate, tuple(listener for at in listeners.values() for listener in at)[:_MOST_LISTENERS], seconds
    )


def _hidden(
    recorded: Recordings, carriers: Carriers, mark: str, answer: str, sizes: Sequence[int], control: str
) -> Seen:
    for network, frames in recorded.items():
        if any(_is_readable(frame, mark, answer) for frame in frames):
            return Seen(False, f"in clear on `{network}`", control)
        if not carries(outer(frames, carriers, mark), sizes):
            return Seen(False, f"nothing encrypted on `{network}` carries it", control)
    return Seen(True, f"encrypted, and no mark, on {_names(tuple(recorded))}", control)


def _is_readable(frame: Frame, mark: str, answer: str) -> bool:
    """Whether the frame has the request or a web server's answer in clear."""
    return frame.shows(mark) or (bool(answer) and frame.shows(f"\r\n\r\n{answer}\n"))


def _in_clear(recorded: Recordings, carriers: Carriers, mark: str, sizes: Sequence[int], control: str) -> Seen:
    for network, frames in recorded.items():
        if carries(outer(frames, carriers, mark), sizes):
            return Seen(False, f"something encrypted on `{network}` carries it", control)
        if not any(frame.shows(mark) for frame in frames):
            return Seen(False, f"it is not seen on `{network}`", control)
    return Seen(True, f"the mark is read on {_names(tuple(recorded))}", control)


def goes_through(world: World, claim: GoesThrough, groups: Sequence[Group], mark: str, seconds: float) -> Trial:
    """Holds if the marked packets, or encrypted ones whose lengths grow as theirs, are seen in each of the nodes; with
    `not` if in none."""
    flow = groups[0][0] if groups and groups[0] else None
    if flow is None or flow.kind is None:
        return untested("there is nobody to ask" if flow is None else f"nothing in a node asks {flow.service}")
    listeners = tuple(Listener(node, "any") for node in claim.nodes)
    texts, carriers = sized(world, flow, mark), carriers_of(world)

    def evaluate(observed: Observed) -> Seen:
        silent = next((reply for reply in observed.replies if not reply.passes), None)
        if silent is not None:
            return Seen(False, str(silent))
        control = f"the packets pass: {observed.replies[0]}"
        for listener in listeners:
            is_seen = _passes(observed.recorded.get(listener, ()), carriers, mark, marks(texts))
            if is_seen is claim.is_negative:
                return Seen(False, f"{'seen' if is_seen else 'not seen'} in `{listener.node}`", control)
        return Seen(True, f"{'not seen' if claim.is_negative else 'seen'} in {_names(claim.nodes)}", control)

    return Trial(tuple(Asked(flow.source, flow.question(text)) for text in texts), evaluate, listeners, seconds)


def _passes(frames: Sequence[Frame], carriers: Carriers, mark: str, sizes: Sequence[int]) -> bool:
    return any(frame.shows(mark) for frame in frames) or carries(outer(frames, carriers, mark), sizes)


def _senders(world: World, network: NetworkId, flow: Flow) -> Iterator[Listener]:
    """Recordings at all interfaces that may send the packets to a network: its routers, its switches, and the two ends.

    Packets are recorded where they are sent: where they are received, the kernel shows them once more, decrypted.
    """
    ends = {flow.source, flow.target, (flow.predicted.answered_by or (None, None))[0]}
    for node in world.lab.nodes:
        if not (node.kind.forwards or node.kind.bridges or node.id in ends):
            continue
        for interface in node.interfaces:
            if interface.network == network:
                yield Listener(node.id, interface.name, None if node.kind.bridges else interface.mac)


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
