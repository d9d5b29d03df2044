"""`tinc`: its ends, their addresses inside, on which ports they listen, how their packets are protected."""

from collections.abc import Iterable

from netdsl.diagnostics import catalogue
from netdsl.ir.ids import TunnelId
from netdsl.ir.service import Protocol, port
from netdsl.kinds.tinc.bindings import BoundTinc
from netdsl.kinds.tinc.ir import CIPHER, CIPHERS, DIGEST, DIGESTS, HIGHEST_PORT, KIND, MAC, PORT, Protection
from netdsl.semantics.bindings import BoundTunnel, Placed
from netdsl.semantics.items import Item
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.devices import addressed_sides, device_ends, device_mtu
from netdsl.semantics.resolve.ends import Side, TunnelDraft
from netdsl.semantics.resolve.of_ends import Line, of_ends
from netdsl.semantics.resolve.placement import Block
from netdsl.semantics.resolve.work import Work

_OTHER_NAMES = {"aes128": "aes-128-cbc", "aes192": "aes-192-cbc", "aes256": "aes-256-cbc", "3des": "des-ede3-cbc"}


def sides(id_: TunnelId, block: Block, item: Item, work: Work) -> list[Side] | None:
    """Two or more equal ends, or a gateway with clients, each with its device."""
    return addressed_sides(id_, block, item, work, may_be_mesh=True)


def tunnel(draft: TunnelDraft, work: Work) -> BoundTunnel | None:
    block = draft.block
    is_right = _carries_packets(block, work)
    cipher = _chosen(block, "cipher", CIPHERS, "a cipher", work)
    digest = _chosen(block, "digest", DIGESTS, "a digest", work)
    protection = Protection(cipher.value if cipher else CIPHER, digest.value if digest else DIGEST)
    protection = Protection(protection.cipher, protection.digest, _mac(block, protection.digest, work))
    ports = of_ends("listen", draft, _port, work)
    found = device_ends(draft, work)
    if found is None or ports is None or not is_right:
        return None
    ends, family = found
    usual = min(PORT + sum(other.kind == KIND for other in work.tunnels.values()), HIGHEST_PORT)
    listening = {end.node: ports.get(end.node, usual) for end in ends}
    settings = BoundTinc(listening, protection, cipher, digest)
    mtu = device_mtu(block, ends, work)
    taken = {node: (port(Protocol.TCP, number), port(Protocol.UDP, number)) for node, number in listening.items()}
    return BoundTunnel(draft.id, KIND, ends, {}, {}, (), family, settings, draft.item.place, mtu, listening=taken)


def _carries_packets(block: Block, work: Work) -> bool:
    """Whether the tunnel carries packets, and no network (tinc's mode `switch`); else reported."""
    line = block.attribute("carries")
    if line is None:
        return True
    message = "a network that tinc carries, in its mode `switch`, is not compiled"
    advice = "`tunnel NAME vxlan { carries NETWORK ; … }` carries one"
    work.diagnostics.report(catalogue.NOT_SUPPORTED_YET, message, line[1].place, help=advice)
    return False


def _chosen(block: Block, word: str, known: Iterable[str], needed: str, work: Work) -> Placed[str] | None:
    value = attributes.only_value(block.attribute(word), work.diagnostics)
    if value is None:
        return None
    found = attributes.word_among(value, known, needed, work.diagnostics, _OTHER_NAMES)
    return None if found is None else Placed(found, value.place)


def _mac(block: Block, digest: str, work: Work) -> int:
    """Bytes; no more than the digest has."""
    largest = DIGESTS[digest]
    found = attributes.integer_within(block.attribute("mac"), 0, largest, work.diagnostics)
    return min(MAC, largest) if found is None else found


def _port(line: Line, work: Work) -> int | None:
    """A number alone: the daemon listens at it with TCP and with UDP."""
    value = attributes.only_value(line, work.diagnostics)
    if value is not None and (not isinstance(value.value, int) or isinstance(value.value, bool)):
        work.wrong_kind(value, "a port", "`listen 655`: TCP and UDP, which tinc has both")
        return None
    return attributes.integer_within(line, 1, HIGHEST_PORT, work.diagnostics)
