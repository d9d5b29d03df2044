"""The payload stage: from the lab to what every node is inside. Pure; the same bytes for every runtime."""

import hashlib
from collections.abc import Sequence
from importlib.resources import files
from typing import Protocol

from netdsl.credentials.contract import Credentials
from netdsl.ir.image import Image
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.payload.contract import Needs, NodePayload, Payload, PayloadFile
from netdsl.payload.filters import filter_engine
from netdsl.payload.network import network_files
from netdsl.payload.quoting import tsv
from netdsl.payload.services import service_files

SCRIPTS = (
    "node.sh",
    "network.sh",
    "sysctls.sh",
    "services.sh",
    "answer.sh",
    "ipsec.sh",
    "updown.sh",
    "strongswan.conf",
)

_PACKAGES = ("busybox", "iproute2", "iputils-ping", "nftables", "tcpdump")
_SERVICE_PACKAGES = {"https": ("socat",), "tcp": ("socat",), "udp": ("socat",), "dns": ("dnsmasq-base",)}
_LOCALHOST = (
    "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n"
)


class PayloadPart(Protocol):
    """A daemon's share of a node's inside, such as strongSwan's; kept in a folder of `backends/`."""

    def files(self, node: Node, lab: Lab) -> tuple[PayloadFile, ...]:
        """The data files that this node needs of it; none where it has no use for it."""
        ...

    def needs(self, node: Node) -> Needs:
        """Packages, capabilities and devices that come with it."""
        ...


def payload(lab: Lab, credentials: Credentials, parts: Sequence[PayloadPart]) -> Payload:
    """Render every node once. Linear in the lab; nothing lab-wide is copied per node."""
    scripts = tuple(PayloadFile(name, _script(name), 0o755 if name.endswith(".sh") else 0o644) for name in SCRIPTS)
    hosts = "".join(f"{address}\t{' '.join(names)}\n" for address, names in lab.hosts)
    fixed = (*scripts, *filter_engine().shared(lab))
    shared = (*fixed, PayloadFile("hosts", (_LOCALHOST + hosts).encode()))
    base = hashlib.sha256()
    for file in fixed:
        base.update(file.content)
    images = {image.id: image for image in lab.images}
    nodes = {}
    for node in lab.nodes:
        image = images[node.image] if node.image is not None else None
        nodes[node.id] = _node(lab, node, image, credentials.digests.get(node.id), parts, base)
    return Payload(shared, nodes)


def _node(
    lab: Lab, node: Node, image: Image | None, secret: str | None, parts: Sequence[PayloadPart], base: "hashlib._Hash"
) -> NodePayload:
    content = [*network_files(node), *filter_engine().files(node), *service_files(node)]
    if node.sysctls:
        table = "".join(tsv(key, value) for key, value in node.sysctls)
        content.append(PayloadFile("sysctl.tsv", table.encode()))
    for part in parts:
        content += part.files(node, lab)
    content.sort(key=lambda file: file.path)
    return NodePayload(
        files=tuple(content),
        sysctls=node.sysctls,
        needs=_needs(node, image, secret is not None, parts),
        has_credentials=secret is not None,
        digest=_digest(content, secret, base),
    )


def _needs(node: Node, image: Image | None, has_credentials: bool, parts: Sequence[PayloadPart]) -> Needs:
    packages, capabilities, devices = set(_PACKAGES), {"NET_ADMIN"}, set[str]()
    for served in node.services:
        packages.update(_SERVICE_PACKAGES.get(served.kind, ()))
    if has_credentials:
        capabilities.add("DAC_OVERRIDE")  # keys are 0600 and may belong to the user who compiled
    if image is not None:
        packages.update(image.packages)
    for part in parts:
        more = part.needs(node)
        packages.update(more.packages)
        capabilities.update(more.capabilities)
        devices.update(more.devices)
    return Needs(tuple(sorted(packages)), tuple(sorted(capabilities)), tuple(sorted(devices)))


def _digest(content: Sequence[PayloadFile], secret: str | None, base: "hashlib._Hash") -> str:
    total = base.copy()
    total.update((secret or "").encode())
    for file in content:
        total.update(f"\0{file.path}\0{file.mode:o}\0{len(file.content)}\0".encode())
        total.update(file.content)
    return total.hexdigest()


def _script(name: str) -> bytes:
    return (files("netdsl.payload") / name).read_bytes()
