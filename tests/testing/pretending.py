"""A runtime that pretends: it answers as the lab is predicted to, but for what a test makes it do otherwise."""

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path

from netdsl.ir.expectation import WhileState
from netdsl.ir.ids import Address, NodeId, TunnelId
from netdsl.ir.lab import Lab
from netdsl.ir.service import PortService, Protocol
from netdsl.kinds.ipsec import state as ipsec
from netdsl.packets.state import ChildState
from netdsl.runtime.driver import Answer, Check, Deployment, DriverError, FoundLab, NodeChange, NodeState, Out, Progress
from netdsl.testing.pace import Pace
from netdsl.testing.reading import section
from netdsl.testing.run import run
from netdsl.testing.types import Results
from netdsl.verify import Outcome, Verdict, World, predict
from netdsl.verify.predict import PROBE_SIZE
from tests.compiling import lab_of

DEPLOYMENT = Deployment(Path("nowhere"), "pretended")
_WORDS = {
    Outcome.ANSWERED: "answered",
    Outcome.REFUSED: "refused",
    Outcome.REJECTED: "rejected",
    Outcome.NO_ROUTE: "unreachable",
    Outcome.UNREACHABLE: "unreachable",
}
_PROTOCOLS = {"tcp": Protocol.TCP, "udp": Protocol.UDP, "dns": Protocol.UDP}
Liar = Callable[[str, str], str | None]
"""Node and question: the line that is answered instead; None: as predicted. Raises what the runtime would."""


@dataclass(slots=True)
class Recorder:
    node: NodeId
    interface: str
    pcap: bytes

    def read(self) -> bytes:
        return self.pcap


@dataclass(frozen=True, slots=True)
class Beside:
    driver: "Pretender"
    deployment: Deployment
    node: str

    def ask(self, command: Sequence[str], *, timeout: float) -> Answer:
        if not self.driver.has_own_probes:
            self.driver.inside.append(command[0])
        return self.driver.answer(self.node, command)


@dataclass(slots=True)
class Pretender:
    """`said`: every command but probes, as `node: words`; `inside`: the programs of nodes that ran. `recorders`, `probes`:
    those that run."""

    lab: Lab
    lie: Liar = lambda _, __: None
    is_seen_in_clear: bool = False
    said: list[str] = field(default_factory=list)
    recorders: list[Recorder] = field(default_factory=list)
    held: set[TunnelId] = field(default_factory=set)
    slowness: float = 1.0
    has_own_probes: bool = True
    inside: list[str] = field(default_factory=list)
    is_prepared: bool = False
    probes: list[str] = field(default_factory=list)

    @property
    def compresses(self) -> bool:
        return not all(child.keeps_lengths for node in self.lab.nodes for end in node.tunnels for child in end.children)

    @property
    def world(self) -> World:
        world = World(self.lab)
        for tunnel in sorted(self.held):
            world = world.during(WhileState(False, tunnel))
        return world

    def status(
        self, deployment: Deployment, nodes: Sequence[str] = (), *, is_full: bool = False
    ) -> tuple[NodeState, ...]:
        return tuple(NodeState(node.host_name, "running", "ready") for node in self.lab.nodes)

    def present(self, deployment: Deployment) -> tuple[str, ...]:
        return tuple(node.host_name for node in self.lab.nodes)

    def ask(self, deployment: Deployment, node: str, command: Sequence[str], *, timeout: float) -> Answer:
        self.inside.append(command[0])
        return self.answer(node, command)

    def answer(self, node: str, command: Sequence[str]) -> Answer:
        if command[0] == "perl":
            return Answer(0, "".join(f"{self._line(node, question)}\n" for question in command[5:]))
        if command[0] == "swanctl" or command[-1] == "status":
            outcome, _, text = self._line(node, "\t".join(("run", *command))).partition("\t")
            if outcome == "timeout":
                raise DriverError(f"`{' '.join(command)}` does not end in `{node}`")
            number = outcome.removeprefix("exit ")
            return Answer(int(number) if number.isdecimal() else 1, text.replace("\x1f", "\n"))
        if command[-1] != "status":
            self.said.append(f"{node}: {' '.join(command)}")
        if command[2:3] == ["down"] or command[2:3] == ("down",):
            self.held.add(TunnelId(command[3].replace("_", ".")))
        if command[2:3] == ["up"] or command[2:3] == ("up",):
            self.held.discard(TunnelId(command[3].replace("_", ".")))
        return Answer(0, self._status(node))

    def prepare_probes(self, progress: Progress) -> None:
        self.is_prepared = True

    @contextmanager
    def probe(self, deployment: Deployment, node: str) -> Iterator["Beside"]:
        assert self.is_prepared, "for probes"
        self.probes.append(node)
        try:
            yield Beside(self, deployment, node)
        finally:
            self.probes.remove(node)

    @contextmanager
    def listen(self, deployment: Deployment, node: str, interface: str) -> Iterator[Recorder]:
        id_ = next(one.id for one in self.lab.nodes if one.host_name == node)
        recorder = Recorder(id_, interface, pcap_head(1 if interface != "any" else 276))
        self.recorders.append(recorder)
        yield recorder
        self.recorders.remove(recorder)

    def _status(self, host: str) -> str:
        node = next(one for one in self.lab.nodes if one.host_name == host)
        rows = []
        for end in node.tunnels:
            state = "up" if self.world.is_up(end.tunnel) else "down"
            for child in end.children:
                rows.append(f"tunnel\t{end.tunnel}\t{end.connection}\t{state}\t{child.start}\tkernel\n")
        return "".join(rows)

    def _line(self, host: str, question: str) -> str:
        lied = self.lie(host, question)
        if lied is not None:
            return lied
        kind, *fields = question.split("\t")
        if kind == "run":
            return self._ran(host, fields)
        node = next(one.id for one in self.lab.nodes if one.host_name == host)
        verdict = _predicted(self.world, node, ip_address(fields[0]), kind, int(fields[1]), fields[2])
        self._record(verdict, fields[2])
        if verdict.answered_by is None or verdict.answered_by[1] is None:
            return f"{_WORDS.get(verdict.outcome, 'timeout')}\t"
        return f"{_WORDS.get(verdict.outcome, 'timeout')}\t{'.'.join(map(str, verdict.answered_by))}"

    def _ran(self, host: str, words: list[str]) -> str:
        if words[0] == "sh":
            return "exit 0\t" + self._status(host).replace("\t", " ").replace("\n", "\x1f")
        if words[0] == "swanctl":
            node = next(one.id for one in self.lab.nodes if one.host_name == host)
            return "exit 0\t" + listing(self.world, node).replace("\n", "\x1f")
        if "getent" in words:
            known = [address for address, names in self.lab.hosts if words[-1] in names]
            return "exit 0\t" + "".join(f"{address} STREAM\x1f" for address in known)
        return "exit 0\tdefault via 10.0.1.1 dev lan \x1f"

    def _record(self, verdict: Verdict, text: str) -> None:
        for hop in verdict.request:
            node = next(one for one in self.lab.nodes if one.id == hop.node)
            for recorder in self.recorders:
                if recorder.node != hop.node:
                    continue
                for wire in hop.wires:
                    out = next(one for one in node.interfaces if one.name == hop.out_interface)
                    if recorder.interface not in ("any", out.name):
                        continue
                    is_esp = wire.is_encrypted and not self.is_seen_in_clear
                    ends = wire.packet.source, wire.packet.destination
                    sent = text.rstrip(".") if is_esp and self.compresses else text
                    recorder.pcap += record(recorder.interface, out.mac, packet(*ends, sent, is_esp=is_esp))
                if not hop.wires and recorder.interface == "any":
                    ends = verdict.request[0].wires[0].packet.source, verdict.destination
                    recorder.pcap += record("any", "", packet(*ends, text, is_esp=False))

    def up(self, deployment: Deployment, progress: Progress, *, timeout: int | None) -> None:
        raise DriverError("it only pretends")

    def down(self, deployment: Deployment, progress: Progress) -> None:
        raise DriverError("it only pretends")

    def surplus(self, deployment: Deployment, files: Mapping[str, bytes | None]) -> tuple[str, ...]:
        return ()

    def changes(self, deployment: Deployment, files: Mapping[str, bytes | None]) -> tuple[NodeChange, ...]:
        return ()

    def found(self) -> tuple[FoundLab, ...]:
        return ()

    def take_away(self, project: str, progress: Progress) -> None:
        raise DriverError("it only pretends")

    def execute(self, deployment: Deployment, node: str, command: Sequence[str], *, is_admin: bool) -> int:
        raise DriverError("it only pretends")

    def shell(self, deployment: Deployment, node: str, *, is_admin: bool) -> int:
        raise DriverError("it only pretends")

    def logs(self, deployment: Deployment, nodes: Sequence[str], out: Out, *, follow: bool) -> int:
        raise DriverError("it only pretends")

    def capture(
        self, deployment: Deployment, node: str, interface: str, file: Path | None, count: int | None, out: Out
    ) -> int:
        raise DriverError("it only pretends")

    def doctor(self) -> tuple[Check, ...]:
        return ()


def _predicted(world: World, node: NodeId, address: Address, kind: str, number: int, text: str) -> Verdict:
    service = None if kind in ("icmp", "whole") else PortService(_PROTOCOLS[kind], number, number)
    size = len(text) + 28 if kind == "whole" else PROBE_SIZE
    return predict(world, node, address, service, size=size)


# --- what charon lists

_LISTED = {
    "aes256gcm16": "encr-alg = AES_GCM_16\nencr-keysize = 256",
    "aes128gcm16": "encr-alg = AES_GCM_16\nencr-keysize = 128",
    "prfsha384": "prf-alg = PRF_HMAC_SHA2_384",
    "ecp384": "dh-group = ECP_384",
    "noesn": "",
}


def listing(world: World, node: NodeId) -> str:
    """`swanctl --list-sas --pretty` in a node, as predicted."""
    connections = [one for each in world.tunnels.connections.values() for one in each]
    states = [state for one in connections for state in ipsec.states(world.fabric, world.tunnels, one)]
    ends = [end for one in world.lab.nodes for end in one.tunnels if one.id == node]
    return "".join(
        _listed(state, section(end, child))
        for end in ends
        for child in end.children
        for state in states
        if (state.node, state.tunnel, state.child, state.peer) == (node, end.tunnel, child.name, end.peer)
    )


def _listed(state: ChildState, name: str) -> str:
    ike, esp = ("\n".join(_LISTED[word] for word in one.words) for one in state.uses)
    protocol = state.uses[1].protocol.upper()
    flags = (("initiator", state.opener == state.node), ("nat-local", state.is_behind_nat))
    said = "".join(f"{key} = yes\n" for key, is_so in flags if is_so)
    addresses = "".join(f"{address}\n" for address in state.given)
    child = f"name = {name}\nstate = INSTALLED\nmode = {state.mode.upper()}\nprotocol = {protocol}\n{esp}\n"
    child += "encap = yes\n" if state.is_in_udp else ""
    inside = f"{said}{ike}\nlocal-vips = [\n{addresses}]\nchild-sas {{\n{name}-1 {{\n{child}}}\n}}\n"
    return f"list-sa event {{\n{name} {{\n{inside}}}\n}}\n"


# --- recordings


def pcap_head(link: int) -> bytes:
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, link)


def record(interface: str, mac: str, raw: bytes) -> bytes:
    """One record of an IPv4 packet: Ethernet, or cooked (2) on `any`."""
    if interface == "any":
        frame = struct.pack(">HHIHBB8s", 0x0800, 0, 1, 1, 4, 6, bytes(8)) + raw
    else:
        frame = bytes(6) + bytes.fromhex(mac.replace(":", "")) + b"\x08\x00" + raw
    return struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame


def packet(source: Address, destination: Address, text: str, *, is_esp: bool) -> bytes:
    """IPv4 with the text as it is, or as long as ESP would make it."""
    content = bytes(-(-(len(text) + 60) // 16) * 16) if is_esp else bytes(8) + text.encode()
    protocol = 50 if is_esp else 17
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(content), 0, 0, 64, protocol, 0)
    return head + source.packed + destination.packed + content


# --- a run


@dataclass(slots=True)
class Clock:
    """Time that passes only when somebody sleeps, and a little with each look."""

    time: float = 0.0

    def now(self) -> float:
        self.time += 0.01
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    @property
    def pace(self) -> Pace:
        return Pace(self.now, self.sleep)


def pretend(
    source: str, lie: Liar | None = None, *, is_seen_in_clear: bool = False, slowness: float = 1.0
) -> tuple[Results, Pretender]:
    """The results of a lab that does what is predicted, but for the lies."""
    lab = lab_of(source)
    driver = Pretender(lab, lie or (lambda _, __: None), is_seen_in_clear, slowness=slowness)
    return run(lab, driver, DEPLOYMENT, "compose", lambda _: None, Clock().pace), driver


def without_expectations(lab: Lab) -> Lab:
    return replace(lab, expectations=())
