"""Captures on a node's interface, and what is in them: read here, byte by byte."""

import struct
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from netdsl.runtime.recording import SNAPPED
from tests.live.machine import Machine

_UDP, _ESP = 17, 50
_IPV4, _IPV6 = 0x0800, 0x86DD


@dataclass(frozen=True, slots=True)
class Packet:
    """The outermost header of a captured frame that is IP, and all of its bytes. Ports are 0 where there are none."""

    source: str
    destination: str
    protocol: int
    ports: tuple[int, int]
    content: bytes

    @property
    def is_esp(self) -> bool:
        """ESP itself, or in UDP 4500: there IKE has four zero bytes in front (RFC 3948), ESP its SPI."""
        if self.protocol == _ESP:
            return True
        return self.protocol == _UDP and 4500 in self.ports and self.content[8:12] != b"\0\0\0\0"


@dataclass(frozen=True, slots=True)
class Capture:
    """A capture that runs: `packets` reads what is in its file by now."""

    file: Path

    def packets(self) -> tuple[Packet, ...]:
        return tuple(read_packets(self.file.read_bytes()))

    def esp(self, ends: tuple[str, str]) -> tuple[Packet, ...]:
        """The ESP packets between these two addresses."""
        return tuple(
            packet for packet in self.packets() if packet.is_esp and {packet.source, packet.destination} == set(ends)
        )

    def sees(self, marker: str) -> bool:
        return marker.encode() in self.file.read_bytes()


@contextmanager
def captured(machine: Machine, reach: Sequence[str], interface: str, file: Path) -> Iterator[Capture]:
    """tcpdump by `reach` (the words that run it where it is wanted) until the block ends."""
    said = file.with_suffix(".said")
    command = machine.words(*reach, "-p", "-Z", "root", "-i", interface, *SNAPPED, "-U", "--immediate-mode", "-w", "-")
    with (
        file.open("wb") as out,
        said.open("wb") as errors,
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors) as process,
    ):
        try:
            waited = machine.wait_until(lambda: b"listening on" in said.read_bytes(), 20, pause=0.05)
            assert waited is not None, f"the capture does not start: {said.read_text()}"
            yield Capture(file)
        finally:
            process.terminate()
            try:
                process.wait(10 * machine.patience)
            except subprocess.TimeoutExpired:
                process.kill()


def read_packets(pcap: bytes) -> Iterator[Packet]:
    """The IP packets of a pcap file of Ethernet frames."""
    return (packet for packet in map(_packet, frames(pcap)) if packet is not None)


def frames(pcap: bytes) -> Iterator[bytes]:
    """All frames of a pcap file; one that is not whole yet ends it."""
    assert pcap[:4] in (b"", b"\xd4\xc3\xb2\xa1"), "no pcap in this machine's byte order"
    at = 24
    while at + 16 <= len(pcap):
        (length,) = struct.unpack_from("<I", pcap, at + 8)
        frame = pcap[at + 16 : at + 16 + length]
        at += 16 + length
        if len(frame) < length:
            return
        yield frame


def _packet(frame: bytes) -> Packet | None:
    (kind,) = struct.unpack_from(">H", frame, 12)
    inside = frame[14:]
    if kind == _IPV4:
        header, protocol = (inside[0] & 15) * 4, inside[9]
        source, destination = inside[12:16], inside[16:20]
    elif kind == _IPV6:
        header, protocol = 40, inside[6]
        source, destination = inside[8:24], inside[24:40]
    else:
        return None
    content = inside[header:]
    ports = struct.unpack_from(">HH", content) if protocol in (6, _UDP) and len(content) >= 4 else (0, 0)
    return Packet(str(ip_address(source)), str(ip_address(destination)), protocol, (ports[0], ports[1]), content)
