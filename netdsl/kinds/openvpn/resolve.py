"""`openvpn`: its ends, their addresses inside, where the server listens, how packets are encrypted."""

from netdsl.diagnostics import catalogue
from netdsl.ir.ids import PkiId, TunnelId
from netdsl.ir.service import PortService, Protocol, port
from netdsl.kinds.openvpn.bindings import BoundOpenvpn
from netdsl.kinds.openvpn.catalogue import WEAK_DIGEST
from netdsl.kinds.openvpn.ir import (
    CIPHERS,
    DIGESTS,
    HIGHEST_PORT,
    KIND,
    LONGEST_KEEPALIVE,
    PORT,
    WEAK_DIGESTS,
)
from netdsl.semantics.bindings import BoundCertificate, BoundTunnel
from netdsl.semantics.items import Item
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.devices import addressed_sides, device_ends, device_mtu, is_relay
from netdsl.semantics.resolve.ends import Side, TunnelDraft, name_place
from netdsl.semantics.resolve.of_ends import of_ends
from netdsl.semantics.resolve.pki import nearest_pkis
from netdsl.semantics.resolve.placement import Block, report_repeated
from netdsl.semantics.resolve.ports import one_port_of
from netdsl.semantics.resolve.work import Work
from netdsl.syntax import tree as syntax
from netdsl.syntax.description import ElementKind

_PROTOCOLS = (Protocol.UDP, Protocol.TCP)
_Line = tuple[syntax.Attribute, Item]


def sides(id_: TunnelId, block: Block, item: Item, work: Work) -> list[Side] | None:
    """Two ends of which the first is the server, or a gateway with clients, each with its device."""
    return addressed_sides(id_, block, item, work)


def tunnel(draft: TunnelDraft, work: Work) -> BoundTunnel | None:
    block = draft.block
    has_relay = is_relay(draft, work)
    usual = min(PORT + sum(other.kind == KIND for other in work.tunnels.values()), HIGHEST_PORT)
    listening = _listening(draft, usual, work)
    keepalives = of_ends("keepalive", draft, _keepalive, work)
    cipher = _cipher(block.attribute("cipher"), work)
    digest = _digest(block.attribute("digest"), cipher, work)
    pki = _authority(draft, work)
    found = device_ends(draft, work)
    if (
        found is None
        or listening is None
        or listening.first is None
        or keepalives is None
        or cipher is None
        or pki is None
    ):
        return None
    ends, family = found
    certificates = {end.node: BoundCertificate(pki, None) for end in ends}
    settings = BoundOpenvpn(listening.protocol, listening.first, keepalives, cipher, digest, has_relay, pki)
    mtu = device_mtu(block, ends, work)
    taken = {ends[0].node: (listening,)}
    place = draft.item.place
    return BoundTunnel(draft.id, KIND, ends, certificates, {}, (), family, settings, place, mtu, listening=taken)


def _listening(draft: TunnelDraft, usual: int, work: Work) -> PortService | None:
    """The port, of UDP unless said, on which the first end listens: of its own block, or of the tunnel's.
    None once reported."""
    own = draft.sides[0].own.attribute("listen") if draft.sides else None
    general = draft.block.attribute("listen")
    if own is not None and general is not None:
        report_repeated("listen", own[1], general[1], work.diagnostics)
        return None
    line = own or general
    if line is None:
        return port(Protocol.UDP, usual)
    value = attributes.only_value(line, work.diagnostics)
    return None if value is None else one_port_of(value, _PROTOCOLS, work, "a UDP or TCP port (`udp/1194`)")


def _keepalive(line: _Line, work: Work) -> int | None:
    value = attributes.only_value(line, work.diagnostics)
    found = None if value is None else attributes.seconds(value, work.diagnostics)
    if value is None or found is None or found <= LONGEST_KEEPALIVE:
        return found
    message = f"a lost end would be found after three times {found} s; {LONGEST_KEEPALIVE} s is the most"
    work.diagnostics.report(catalogue.OUT_OF_RANGE, message, value.place)
    return None


def _cipher(line: _Line | None, work: Work) -> str | None:
    if line is None:
        return next(iter(CIPHERS))
    value = attributes.only_value(line, work.diagnostics)
    needed = "a cipher (`aes-256-gcm`)"
    return None if value is None else attributes.word_among(value, CIPHERS, needed, work.diagnostics, _FOREIGN_CIPHERS)


def _digest(line: _Line | None, cipher: str | None, work: Work) -> str | None:
    """Of a cipher in CBC mode. None: the cipher authenticates by itself, or something was reported."""
    is_needed = cipher is not None and CIPHERS[cipher].block > 1
    if line is None or cipher is None:
        return next(iter(DIGESTS)) if is_needed else None
    value = attributes.only_value(line, work.diagnostics)
    needed = "a digest (`sha256`)"
    found = None if value is None else attributes.word_among(value, DIGESTS, needed, work.diagnostics, _FOREIGN_DIGESTS)
    if is_needed:
        if value is not None and found in WEAK_DIGESTS:
            advice = f"`digest {next(iter(DIGESTS))}`, or `cipher aes-256-gcm`, which authenticates by itself"
            work.diagnostics.report(WEAK_DIGEST, f"`{found}` is deprecated", value.place, help=advice)
        return found
    message = f"`{cipher}` authenticates by itself, and takes no digest"
    work.diagnostics.report(catalogue.MISPLACED_STATEMENT, message, line[1].place)
    return None


_FOREIGN_CIPHERS = {name.upper(): name for name in CIPHERS} | {"chacha20": "chacha20-poly1305", "aes": "aes-256-gcm"}
_FOREIGN_DIGESTS = {name.upper(): name for name in DIGESTS} | {"sha-256": "sha256", "sha-1": "sha1"}


def _authority(draft: TunnelDraft, work: Work) -> PkiId | None:
    """The pki that the certificates are of: the one that is said, else the nearest. None once reported."""
    line = draft.block.attribute("authority")
    if line is not None:
        value = attributes.only_value(line, work.diagnostics)
        element = None if value is None else work.element(value, (ElementKind.PKI,), "a pki's name")
        return None if element is None else PkiId(element.path)
    found = nearest_pkis(draft.item.scope, work)
    if len(found) == 1:
        return found[0]
    names = " or ".join(f"`authority {path}`" for path in found)
    message = f"certificates can come from {len(found)} authorities here"
    work.diagnostics.report(catalogue.MISSING_STATEMENT, message, name_place(draft.item), help=f"say which: {names}")
    return None
