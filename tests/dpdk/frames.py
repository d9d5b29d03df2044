"""Frames for the gateway and what becomes of them, made by Scapy from the documents that the gateway follows."""

from dataclasses import dataclass
from typing import Any

from scapy.contrib.mpls import MPLS
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import ARP, GRE, Dot1AD, Dot1Q, Ether
from scapy.packet import Packet, Raw

CUSTOMER, CORE = 0, 1
MACS = ("02:70:63:61:70:00", "02:70:63:61:70:01")
"""Of the two ports: those that DPDK's driver of capture files gives to its first and its second."""
GATEWAY, PEER, OTHER_PEER = "10.9.0.1", "10.9.0.2", "10.9.0.3"
ROUTERS = {
    "default": (PEER, "02:00:00:00:09:02"),
    "net": (OTHER_PEER, "02:00:00:00:09:03"),
    "half": (PEER, "02:00:00:00:09:04"),
}


@dataclass(frozen=True)
class Subscriber:
    outer: int
    inner: int
    address: str
    mac: str
    label: int


ONE, TWO, THREE, FOUR = SUBSCRIBERS = (
    Subscriber(100, 1, "100.64.0.11", "02:00:00:00:01:01", 1001),
    Subscriber(100, 2, "100.64.0.12", "02:00:00:00:01:02", 1002),
    Subscriber(200, 1, "100.64.0.13", "02:00:00:00:01:03", 1003),
    Subscriber(4094, 4094, "100.64.0.14", "02:00:00:00:01:04", 0xFFFFF),
)
"""As in table.conf."""


@dataclass(frozen=True)
class Case:
    """A frame that comes in at `side`. `becomes`: the frame that leaves, and by which side; else it is dropped, and
    `counter` counts it."""

    name: str
    side: int
    frame: bytes
    counter: str
    becomes: tuple[int, bytes] | None = None


def customer(
    one: Subscriber, packet: Packet | bytes, *, outer: type[Packet] = Dot1AD, to: str = MACS[CUSTOMER]
) -> bytes:
    """A frame of a subscriber."""
    ether = Ether(dst=to, src=one.mac, type=0x88A8 if outer is Dot1AD else 0x8100)
    return bytes(ether / outer(vlan=one.outer, type=0x8100) / Dot1Q(vlan=one.inner, type=0x0800) / packet)


def to_customer(one: Subscriber, packet: Packet) -> bytes:
    ether = Ether(dst=one.mac, src=MACS[CUSTOMER], type=0x88A8)
    return bytes(ether / Dot1AD(vlan=one.outer, type=0x8100) / Dot1Q(vlan=one.inner, type=0x0800) / packet)


def to_core(one: Subscriber, packet: Packet, router: str = "default") -> bytes:
    peer, mac = ROUTERS[router]
    outer = IP(src=GATEWAY, dst=peer, ttl=64, id=0, flags="DF", proto=47)
    inner = MPLS(label=one.label, cos=0, s=1, ttl=64) / packet
    return bytes(Ether(dst=mac, src=MACS[CORE]) / outer / GRE(proto=0x8847) / inner)


def core(label: int, packet: Packet | bytes, **words: Any) -> bytes:
    """A frame of the core: `words` of IP, of GRE where they begin with `gre_`, of MPLS where with `mpls_`."""
    own = {
        kind: {k.removeprefix(kind): v for k, v in words.items() if k.startswith(kind)} for kind in ("gre_", "mpls_")
    }
    plain = {key: value for key, value in words.items() if not key.startswith(("gre_", "mpls_"))}
    ether = Ether(dst=MACS[CORE], src=ROUTERS["default"][1])
    fields: dict[str, Any] = {"src": PEER, "dst": GATEWAY, "proto": 47} | plain
    ip = IP(**fields)
    mpls = MPLS(**{"label": label, "s": 1, "ttl": 60} | own["mpls_"])
    return bytes(ether / ip / GRE(**{"proto": 0x8847} | own["gre_"]) / mpls / packet)


def packet(source: str, target: str, ttl: int = 64, payload: bytes = b"netdsl", **words: Any) -> Packet:
    return IP(src=source, dst=target, ttl=ttl, **words) / UDP(sport=4000, dport=5000) / Raw(payload)


def up(one: Subscriber, target: str = "203.0.113.9", **words: Any) -> Packet:
    return packet(one.address, target, **words)


def down(one: Subscriber, source: str = "203.0.113.9", **words: Any) -> Packet:
    return packet(source, one.address, **words)


def cases() -> tuple[Case, ...]:
    return (*_forwarded(), *_dropped_of_customers(), *_dropped_of_the_core())


def _forwarded() -> tuple[Case, ...]:
    options = {"options": b"\x94\x04\x00\x00"}
    ping = IP(src=ONE.address, dst="203.0.113.9", ttl=9) / ICMP() / b"x"
    longest = bytes(1500 - 28 - 28)
    many = tuple(
        Case(f"to core {one.label}", CUSTOMER, customer(one, up(one)), "to-core", (CORE, to_core(one, up(one, ttl=63))))
        for one in SUBSCRIBERS
    ) + tuple(
        Case(f"to customer {one.label}", CORE, core(one.label, down(one)), "to-customer",
             (CUSTOMER, to_customer(one, down(one, ttl=63))))
        for one in SUBSCRIBERS
    )  # fmt: skip
    tcp = IP(src=TWO.address, dst="192.0.2.1", ttl=2, tos=0xB8) / TCP(flags="S")
    counted = IP(src=TWO.address, dst="192.0.2.1", ttl=1, tos=0xB8) / TCP(flags="S")
    return (
        *many,
        Case("ping", CUSTOMER, customer(ONE, ping), "to-core",
             (CORE, to_core(ONE, IP(src=ONE.address, dst="203.0.113.9", ttl=8) / ICMP() / b"x"))),
        Case("other peer", CUSTOMER, customer(TWO, tcp), "to-core", (CORE, to_core(TWO, counted, "net"))),
        Case("longest prefix", CUSTOMER, customer(TWO, up(TWO, "192.0.2.200")), "to-core",
             (CORE, to_core(TWO, up(TWO, "192.0.2.200", ttl=63), "half"))),
        Case("outer tag 0x8100", CUSTOMER, customer(ONE, up(ONE), outer=Dot1Q), "to-core",
             (CORE, to_core(ONE, up(ONE, ttl=63)))),
        Case("options", CUSTOMER, customer(ONE, _with_options(ONE.address, 64)), "to-core",
             (CORE, to_core(ONE, _with_options(ONE.address, 63)))),
        Case("padding", CUSTOMER, customer(ONE, up(ONE)) + bytes(30), "to-core", (CORE, to_core(ONE, up(ONE, ttl=63)))),
        Case("padding of the core", CORE, core(1002, down(TWO)) + bytes(9), "to-customer",
             (CUSTOMER, to_customer(TWO, down(TWO, ttl=63)))),
        Case("largest", CUSTOMER, customer(ONE, up(ONE, payload=longest)), "to-core",
             (CORE, to_core(ONE, up(ONE, ttl=63, payload=longest)))),
        Case("a fragment inside", CUSTOMER, customer(ONE, up(ONE, flags="MF")), "to-core",
             (CORE, to_core(ONE, up(ONE, ttl=63, flags="MF")))),
        Case("to a neighbour", CUSTOMER, customer(ONE, up(ONE, THREE.address)), "to-customer",
             (CUSTOMER, to_customer(THREE, up(ONE, THREE.address, ttl=63)))),
        Case("from the other peer", CORE, core(1001, down(ONE), src=OTHER_PEER), "to-customer",
             (CUSTOMER, to_customer(ONE, down(ONE, ttl=63)))),
        Case("outer options", CORE, core(1001, down(ONE), **options), "to-customer",
             (CUSTOMER, to_customer(ONE, down(ONE, ttl=63)))),
    )  # fmt: skip


def _with_options(source: str, ttl: int) -> Packet:
    """A header of 24 bytes: with the router alert option (RFC 2113)."""
    return IP(src=source, dst="203.0.113.9", ttl=ttl, options=b"\x94\x04\x00\x00") / UDP(dport=7) / Raw(b"x")


def _dropped(side: int, counter: str, frames: dict[str, bytes]) -> tuple[Case, ...]:
    return tuple(Case(name, side, frame, counter) for name, frame in frames.items())


def _dropped_of_customers() -> tuple[Case, ...]:
    good, inside = customer(ONE, up(ONE)), 22  # where the packet begins
    wrong = {
        "cut in Ethernet": good[:13], "cut in the tags": good[:17], "cut behind the tags": good[:22],
        "cut in IP": good[:30], "cut in the payload": good[:-1],
        "version": _set(good, inside, 0x65), "short header": _set(good, inside, 0x44),
        "long header": _set(good, inside, 0x4F),
        "checksum": _set(good, inside + 10, good[inside + 10] ^ 1),
        "total length below the header": customer(ONE, up(ONE, len=19)),
        "total length beyond the frame": customer(ONE, up(ONE, len=200)),
    }  # fmt: skip
    foreign = {
        "another station": customer(ONE, up(ONE), to="02:00:00:00:00:99"),
        "broadcast": customer(ONE, up(ONE), to="ff:ff:ff:ff:ff:ff"),
        "untagged": bytes(Ether(dst=MACS[CUSTOMER], src=ONE.mac) / up(ONE)),
        "one tag": bytes(Ether(dst=MACS[CUSTOMER], src=ONE.mac) / Dot1Q(vlan=100) / up(ONE)),
        "three tags": bytes(
            Ether(dst=MACS[CUSTOMER], src=ONE.mac, type=0x88A8) / Dot1AD(vlan=100, type=0x8100) / Dot1Q(vlan=1)
            / Dot1Q(vlan=1) / up(ONE)
        ),
        "ARP": bytes(
            Ether(dst=MACS[CUSTOMER], src=ONE.mac, type=0x88A8) / Dot1AD(vlan=100, type=0x8100) / Dot1Q(vlan=1) / ARP()
        ),
    }  # fmt: skip
    nowhere = dict.fromkeys(("224.0.0.5", "255.255.255.255", "127.0.0.1", "0.1.2.3", ONE.address))
    return (
        *_dropped(CUSTOMER, "drop-malformed", wrong),
        *_dropped(CUSTOMER, "drop-foreign", foreign),
        *_dropped(CUSTOMER, "drop-unknown", {
            "unknown pair": customer(Subscriber(100, 3, "", ONE.mac, 0), up(ONE)),
            "pair the other way round": customer(Subscriber(1, 100, "", ONE.mac, 0), up(ONE)),
        }),
        *_dropped(CUSTOMER, "drop-spoofed", {
            "a neighbour's address": customer(ONE, up(TWO)),
            "an address of the core": customer(ONE, packet(PEER, "8.8.8.8")),
        }),
        *_dropped(CUSTOMER, "drop-no-route", {target: customer(ONE, up(ONE, target)) for target in nowhere}),
        *_dropped(CUSTOMER, "drop-ttl", {f"ttl {ttl}": customer(ONE, up(ONE, ttl=ttl)) for ttl in (0, 1)}),
        *_dropped(CUSTOMER, "drop-too-big", {"too long": customer(ONE, up(ONE, payload=bytes(1500 - 28 - 28 + 1)))}),
    )  # fmt: skip


def _dropped_of_the_core() -> tuple[Case, ...]:
    good, outer = core(1001, down(ONE)), 14
    gre, inside = outer + 20, outer + 28
    wrong = {
        "core cut in IP": good[:30], "core checksum": _set(good, outer + 10, good[outer + 10] ^ 1),
        "core total length": core(1001, down(ONE), len=2000), "nothing in GRE": core(1001, b"", len=20),
        "half of GRE": core(1001, b"", len=22), "half of the label": core(1001, b"", len=26),
        "nothing in the label": core(1001, b""), "a piece of IP": core(1001, bytes(down(ONE))[:19]),
        "inner checksum": _set(good, inside + 10, good[inside + 10] ^ 1), "inner version": _set(good, inside, 0x65),
        "inner length beyond the outer": core(1001, down(ONE, len=200)) + bytes(300),
    }  # fmt: skip
    foreign = {
        "core another station": _set(good, 5, 0x77),
        "core IPv6": _set(_set(good, 12, 0x86), 13, 0xDD),
        "core another address": core(1001, down(ONE), dst="10.9.0.9"),
        "core UDP": bytes(Ether(dst=MACS[CORE]) / IP(src=PEER, dst=GATEWAY) / UDP() / b"x"),
        "GRE with IP": core(1001, down(ONE), gre_proto=0x0800),
        "GRE with a checksum": core(1001, down(ONE), gre_chksum_present=1),
        "GRE with a key": core(1001, down(ONE), gre_key_present=1, gre_key=7),
        "GRE version 1": _set(good, gre + 1, 1),
        "two labels": core(1001, bytes(MPLS(label=1001, s=1, ttl=9)) + bytes(down(ONE)), mpls_s=0),
    }
    whole = good[gre:]
    parts = (
        IP(src=PEER, dst=GATEWAY, proto=47, flags="MF") / Raw(whole[:24]),
        IP(src=PEER, dst=GATEWAY, proto=47, frag=3) / Raw(whole[24:]),
    )
    return (
        *_dropped(CORE, "drop-malformed", wrong),
        *_dropped(CORE, "drop-foreign", foreign),
        *_dropped(CORE, "drop-fragment", {
            f"fragment {number}": bytes(Ether(dst=MACS[CORE]) / part) for number, part in enumerate(parts)
        }),
        *_dropped(CORE, "drop-unknown", {
            "unknown label": core(1005, down(ONE)), "label 0": core(0, down(ONE)),
            "a stranger": core(1001, down(ONE), src="10.9.0.66"),
        }),
        *_dropped(CORE, "drop-no-route", {"another one's address": core(1001, down(TWO))}),
        *_dropped(CORE, "drop-ttl", {
            "core ttl 1": core(1001, down(ONE, ttl=1)), "core ttl 0": core(1001, down(ONE, ttl=0)),
            "label's ttl 0": core(1001, down(ONE), mpls_ttl=0),
        }),
    )  # fmt: skip


def _set(frame: bytes, at: int, value: int) -> bytes:
    return frame[:at] + bytes((value,)) + frame[at + 1 :]
