"""The payload stage: from the lab to what every node is inside. Pure; the same bytes for every runtime."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence

from netdsl.credentials.contract import Credentials
from netdsl.disk.shipped import shipped
from netdsl.ir.ids import NodeId
from netdsl.ir.image import Image
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.ir.sizes import TooLarge
from netdsl.packets.spanning import blocked_ports
from netdsl.packets.view import raw_nodes
from netdsl.payload.contract import HOSTS, RESOLVERS, Needs, NodePayload, Payload, PayloadFile
from netdsl.payload.network import SpanningTree, network_files
from netdsl.payload.part import Part, Share, mode_of
from netdsl.payload.quoting import line, tsv
from netdsl.payload.services import service_files

SCRIPTS = (
    "node.sh",
    "changes.sh",
    "files.sh",
    "network-changes.sh",
    "network.sh",
    "sysctls.sh",
    "rights.sh",
    "services.sh",
    "wellness.sh",
    "parts.sh",
    "tunnels.sh",
)

MOST_BYTES = 1 << 28
"""Of the files that all nodes are given."""

_PACKAGES = ("busybox", "iproute2", "iputils-ping", "tcpdump")
_LOCALHOST = (
    "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n"
)


def payload(lab: Lab, credentials: Credentials, parts: Sequence[Part]) -> Payload:
    """Render every node once. Linear in the lab; nothing lab-wide is copied per node. Raises TooLarge.

    Of the parts, the lab has those that a node uses, in the order given.
    """
    shares = {node.id: _shares(node, lab, parts) for node in lab.nodes}
    used = {name for of_node in shares.values() for name in of_node}
    scripts = tuple(PayloadFile(name, _script(name), mode_of(name)) for name in SCRIPTS)
    of_parts = {part.name: part.shared(lab) for part in parts if part.name in used}
    hosts = "".join(f"{address}\t{' '.join(names)}\n" for address, names in lab.hosts)
    shared = tuple(dict.fromkeys((*scripts, *(file for some in of_parts.values() for file in some))))
    bases = {
        names: _hash(*scripts, *(file for name in names for file in of_parts[name]))
        for names in {tuple(of_node) for of_node in shares.values()}
    }
    images = {image.id: image for image in lab.images}
    raw = raw_nodes(lab)
    tree = SpanningTree(blocked_ports(lab), not any(node.id in raw for node in lab.nodes if node.kind.bridges))
    nodes: dict[NodeId, NodePayload] = {}
    size = 0
    for node in lab.nodes:
        image = images[node.image] if node.image is not None else None
        digest = credentials.digests.get(node.id)
        nodes[node.id] = _node(node, tree, image, digest, shares[node.id], bases[*shares[node.id]])
        size += sum(len(file.content) for file in nodes[node.id].files)
        if size > MOST_BYTES:
            raise TooLarge(
                f"the files in the lab's nodes are more than {MOST_BYTES >> 20} MiB, all together", node.origin
            )
    of_all = (PayloadFile(HOSTS, (_LOCALHOST + hosts).encode()), PayloadFile(RESOLVERS, b""))
    return Payload((*shared, *of_all), nodes)


def _shares(node: Node, lab: Lab, parts: Sequence[Part]) -> dict[str, Share]:
    """What a node has of each part that it uses, by the part's name."""
    found = ((part.name, part.share(node, lab)) for part in parts)
    return {name: share for name, share in found if share is not None}


def _node(
    node: Node,
    tree: SpanningTree,
    image: Image | None,
    secret: str | None,
    shares: Mapping[str, Share],
    base: "hashlib._Hash",
) -> NodePayload:
    needs = _needs(node, image, secret is not None, shares.values())
    content = [*network_files(node, tree), *service_files(node)]
    content += [file for share in shares.values() for file in share.files]
    texts = {
        "capabilities": line(",".join(f"cap_{name.lower()}" for name in node.capabilities))
        if node.capabilities
        else "",
        "parts": "".join(line(name) for name in shares),
        "services.tsv": "".join(_services(node, shares)),
        "tunnels.tsv": "".join(_tunnels(shares)),
        "sysctl.tsv": "".join(tsv(key, value) for key, value in needs.sysctls),
    }
    content += [PayloadFile(path, text.encode()) for path, text in texts.items() if text]
    content.sort(key=lambda file: file.path)
    assert len({file.path for file in content}) == len(content), "two parts have a file of one name"
    return NodePayload(tuple(content), needs, secret is not None, _digest(content, secret, base))


def _services(node: Node, shares: Mapping[str, Share]) -> Iterable[str]:
    """In the node's order."""
    parts = {(served.name, served.service): name for name, share in shares.items() for served in share.services}
    for served in node.services:
        part = parts[served.name, served.service]
        yield tsv(served.kind, f"{node.id}.{served.name}", served.service.protocol, served.service.first, part)


def _tunnels(shares: Mapping[str, Share]) -> Iterable[str]:
    for part, share in shares.items():
        for one in share.tunnels:
            fields = (
                one.tunnel,
                one.connection,
                one.child,
                one.start,
                one.patience,
                one.again,
                one.space,
                one.ready,
                one.piece,
            )
            yield tsv(*fields, part)


def _needs(node: Node, image: Image | None, has_credentials: bool, shares: Collection[Share]) -> Needs:
    """All together. A sysctl that the node's own list has beats a part's."""
    packages, capabilities, devices = set(_PACKAGES), {"NET_ADMIN", *node.capabilities}, set[str]()
    sysctls: dict[str, str] = {}
    if has_credentials:
        capabilities.add("DAC_OVERRIDE")  # keys are 0600 and may belong to the user who compiled
    if image is not None:
        packages.update(image.packages)
    for share in shares:
        packages.update(share.needs.packages)
        capabilities.update(share.needs.capabilities)
        devices.update(share.needs.devices)
        sysctls |= share.needs.sysctls
    every = tuple(sorted((sysctls | dict(node.sysctls)).items()))
    return Needs(
        tuple(sorted(packages)),
        tuple(sorted(capabilities)),
        tuple(sorted(devices)),
        every,
        _writes(node, [share.needs for share in shares]),
        _parent([share.needs for share in shares]),
    )


def _parent(parts: Iterable[Needs]) -> str:
    """An image has one parent: parts with different ones are never in one node."""
    names = {needs.parent for needs in parts if needs.parent}
    assert len(names) <= 1, "one parent"
    return next(iter(names), "")


def _writes(node: Node, parts: Iterable[Needs]) -> tuple[str, ...] | None:
    """Where commands of a node, its files, and programs of an image of its own write, only the lab's author knows."""
    found: set[str] = set()
    if node.runs or node.files or node.image is not None:
        return None
    for needs in parts:
        if needs.writes is None:
            return None
        found.update(needs.writes)
    return tuple(sorted(found))


def _hash(*fixed: PayloadFile) -> "hashlib._Hash":
    total = hashlib.sha256()
    for file in fixed:
        total.update(file.content)
    return total


def _digest(content: Iterable[PayloadFile], secret: str | None, base: "hashlib._Hash") -> str:
    total = base.copy()
    total.update((secret or "").encode())
    for file in content:
        total.update(f"\0{file.path}\0{file.mode:o}\0{len(file.content)}\0".encode())
        total.update(file.content)
    return total.hexdigest()


def _script(name: str) -> bytes:
    return shipped("netdsl.payload", name)
