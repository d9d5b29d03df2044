"""Runs inside a node (Python's minimal standard library): probes many addresses at once, and says what came back.

Standard input: lines `icmp ADDRESS 0`, `tcp ADDRESS PORT`, `udp ADDRESS PORT`. Output: for each, in the same order, the
outcome and what was read or which error, with a tab between:

- `answered`: the first line that the service said, without the line's end
- `refused`: a RST, or port unreachable from whoever was asked (a datagram's refusal says no more)
- `rejected`: port unreachable for something that is not refused that way
- `unreachable`: another ICMP error, or one that this node gives itself
- `blocked`: this node's own filter
- `timeout`

Arguments: seconds for each probe, probes begun per second.
"""

import errno
import os
import select
import socket
import struct
import sys
import time
from ipaddress import ip_address

ERRORS_OF_V4 = 11  # IP_RECVERR
ERRORS_OF_V6 = 25  # IPV6_RECVERR
FROM_ICMP = (2, 3)  # SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6
AGAIN = 0.5  # of the time that it waits, after which a datagram is sent once more
REQUEST = b"GET / HTTP/1.0\r\n\r\n"


class Probe:
    """One flow. `outcome` is None until it is known."""

    def __init__(self, kind: str, address: str, port: int, patience: float) -> None:
        self.kind, self.address, self.port, self.patience = kind, address, port, patience
        self.is_v6 = ":" in address
        self.outcome: str | None = None
        self.detail = "-"
        self.heard = b""
        self.is_connected = False
        self.began = 0.0
        self.is_repeated = False
        self.socket: socket.socket | None = None

    def begin(self) -> None:
        family = socket.AF_INET6 if self.is_v6 else socket.AF_INET
        protocol = (socket.IPPROTO_ICMPV6 if self.is_v6 else socket.IPPROTO_ICMP) if self.kind == "icmp" else 0
        self.began = time.monotonic()
        made = socket.socket(family, socket.SOCK_STREAM if self.kind == "tcp" else socket.SOCK_DGRAM, protocol)
        self.socket = made
        made.setblocking(False)
        if self.is_v6:
            made.setsockopt(socket.IPPROTO_IPV6, ERRORS_OF_V6, 1)
        else:
            made.setsockopt(socket.IPPROTO_IP, ERRORS_OF_V4, 1)
        try:
            made.connect((self.address, self.port))
            if self.kind != "tcp":
                self.say()
        except BlockingIOError:
            pass
        except OSError as error:
            self.fail(error)

    def say(self) -> None:
        assert self.socket is not None
        echo = struct.pack("!BBHHH", 128 if self.is_v6 else 8, 0, 0, 0, 1) + b"netdsl differential"
        self.socket.send(echo if self.kind == "icmp" else b"netdsl\n")

    def repeat(self, now: float) -> None:
        if self.kind != "tcp" and not self.is_repeated and now - self.began > AGAIN * self.patience:
            self.is_repeated = True
            try:
                self.say()
            except OSError as error:
                self.fail(error)

    def listen(self) -> None:
        """Something has happened on the socket."""
        assert self.socket is not None
        code = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self.fail(OSError(code, os.strerror(code)))
            return
        try:
            if self.kind == "tcp" and not self.is_connected:
                self.socket.send(REQUEST if self.port != 7 else b"x\n")
                self.is_connected = True
                return
            data, sender = self.socket.recvfrom(2048)
        except BlockingIOError:
            return
        except OSError as error:
            self.fail(error)
            return
        # the kernel hands a ping socket answers from any address (Linux net/ipv4/ping.c, ping_lookup)
        if self.kind != "icmp" or ip_address(sender[0].partition("%")[0]) == ip_address(self.address):
            self.hear(data)

    def hear(self, data: bytes) -> None:
        self.heard += data
        if self.kind == "icmp":
            self.end("answered")
        elif self.kind == "udp" or not data or (b"\n" in self.heard and not self.heard.startswith(b"HTTP/")):
            self.end("answered", said(self.heard))

    def expire(self, now: float) -> None:
        if now - self.began > self.patience:
            self.end("answered" if self.is_connected else "timeout")

    def due(self) -> float:
        """When it is to be repeated or given up, as `time.monotonic` says it."""
        is_once = self.kind == "tcp" or self.is_repeated
        return self.began + self.patience * (1.0 if is_once else AGAIN)

    def fail(self, error: OSError) -> None:
        offender = self.offender()
        name = errno.errorcode.get(error.errno or 0, "-")
        detail = f"{name} {offender or 'itself'}"
        if self.is_connected:
            self.end("answered", "-")  # the service ended the connection before it said anything
        elif error.errno == errno.EPERM:
            self.end("rejected" if offender else "blocked", detail)
        elif error.errno == errno.ECONNREFUSED:
            self.end("refused" if self.kind == "udp" or (self.kind == "tcp" and not offender) else "rejected", detail)
        else:
            self.end("unreachable", detail)

    def offender(self) -> str:
        """Who sent the ICMP error that is in the socket's queue; empty where there is none."""
        assert self.socket is not None
        try:
            _, controls, _, _ = self.socket.recvmsg(512, 512, socket.MSG_ERRQUEUE)
        except OSError:
            return ""
        for _, _, data in controls:
            if len(data) >= 20 and data[4] in FROM_ICMP:
                if len(data) >= 40 and self.is_v6:
                    return socket.inet_ntop(socket.AF_INET6, data[24:40])
                return socket.inet_ntop(socket.AF_INET, data[20:24]) if len(data) >= 24 else "icmp"
        return ""

    def end(self, outcome: str, detail: str = "-") -> None:
        self.outcome, self.detail = outcome, detail or "-"
        if self.socket is not None:
            self.socket.close()


def said(heard: bytes) -> str:
    """The first line of a service's answer, of HTTP's body."""
    if heard.startswith(b"HTTP/"):
        heard = heard.partition(b"\r\n\r\n")[2]
    return heard.split(b"\n")[0].decode(errors="replace").strip().replace("\t", " ")


def until(due: list[float]) -> float:
    """Milliseconds until the first of these times."""
    return max(0.0, min(due, default=0.0) - time.monotonic()) * 1000 + 1


def main(patience: float, rate: float) -> None:
    probes = [Probe(kind, address, int(port), patience) for kind, address, port in map(str.split, sys.stdin)]
    waiting = probes[::-1]
    open_ones: dict[int, Probe] = {}
    poll = select.poll()
    started = time.monotonic()
    begun = 0
    while waiting or open_ones:
        now = time.monotonic()
        while waiting and begun < (now - started) * rate + 1:
            probe = waiting.pop()
            begun += 1
            probe.begin()
            if probe.outcome is None and probe.socket is not None:
                open_ones[probe.socket.fileno()] = probe
                poll.register(probe.socket, select.POLLIN | (select.POLLOUT if probe.kind == "tcp" else 0))
        next_one = [started + begun / rate] if waiting else []
        for number, _ in poll.poll(until(next_one + [probe.due() for probe in open_ones.values()])):
            probe = open_ones[number]
            probe.listen()
            if probe.is_connected and probe.outcome is None:
                poll.modify(number, select.POLLIN)
        now = time.monotonic()
        for number, probe in list(open_ones.items()):
            if probe.outcome is None:
                probe.repeat(now)
            if probe.outcome is None:
                probe.expire(now)
            if probe.outcome is not None:
                poll.unregister(number)
                del open_ones[number]
    sys.stdout.write("".join(f"{probe.outcome}\t{probe.detail}\n" for probe in probes))


if __name__ == "__main__":
    main(float(sys.argv[1]), float(sys.argv[2]))
