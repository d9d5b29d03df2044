"""A lab's room: the namespaces that all its nodes are in. Its network has a bridge for each network of the lab.

The room ends with its first process, and the kernel ends with it whatever is in it: processes, mounts, interfaces.
"""

import hashlib
import os
import select
import signal
import subprocess
from collections.abc import Iterable, Iterator

from . import kernel
from .kernel import Process
from .node import Birth
from .plan import Node, Plan
from .said import Refused
from .state import Record, State

_ENDS = 20.0  # seconds that the kernel has to end all that is in a room, or a node
_ABOVE = 9300  # bytes: wires cut nothing that a node's own interface lets pass
# The shell waits for whatever ends in the room, also for what others have started.
_REST = "trap 'exit 0' TERM; while :; do sleep infinity & wait $!; done"


def open_room(state: State) -> Process:
    """The room, made where there is none. Raises Refused."""
    found = state.room
    if found is not None:
        return found
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            os.setsid()
            kernel.unshare(kernel.NEWNS | kernel.NEWNET | kernel.NEWPID)
            if os.fork() == 0:
                _become_room(state, writing)
            os._exit(0)
        except Exception as error:  # the process has no one else to tell
            os.write(writing, str(error).encode(errors="replace"))
        os._exit(1)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as file:
        fault = file.read().decode(errors="replace")
    made = state.room
    if fault or made is None:
        raise Refused(f"no namespaces can be made here: {fault or 'the first process has ended'}")
    return made


def _become_room(state: State, writing: int) -> None:
    state.keep_room(Process.of("self"))
    kernel.mount("", "/", "", kernel.REC | kernel.PRIVATE)
    kernel.mount("tmpfs", str(state.memory), "tmpfs", kernel.NODEV, "mode=0700,size=25%")
    for scope in ("all", "default"):
        with open(f"/proc/sys/net/ipv6/conf/{scope}/disable_ipv6", "w", encoding="utf-8") as file:
            file.write("1")
    nothing = os.open("/dev/null", os.O_RDWR)
    for place in (0, 1, 2):
        os.dup2(nothing, place)
    os.chdir("/")
    os.closerange(3, writing)
    os.closerange(writing + 1, 4096)
    kernel.as_started({"PATH": os.defpath}, ["/bin/sh", "-c", _REST, f"netdsl-room-{state.project}"])


def enter_room(room: Process) -> None:
    """This process is in the room from now on, and what it starts. Raises Refused where it has ended."""
    descriptor = room.opened()
    if descriptor is None:
        raise Refused("the lab has ended")
    kernel.join(descriptor, kernel.NEWNET | kernel.NEWNS | kernel.NEWPID)
    os.close(descriptor)


def close_room(state: State) -> bool:
    """Whether there was one. Raises Refused where it does not end."""
    found = state.room
    if found is not None:
        end(found)
    return found is not None


def end(process: Process) -> None:
    """Kill it, and wait until it has ended, with all that is in its namespaces. Raises Refused."""
    descriptor = process.opened()
    if descriptor is None:
        return
    try:
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        if not select.select([descriptor], [], [], _ENDS)[0]:
            raise Refused(f"the process {process.number} does not end")
    finally:
        os.close(descriptor)


# ---------------------------------------------------------------------------------------------------- inside of the room


def bridge_of(network: str) -> str:
    return "n" + hashlib.sha256(network.encode()).hexdigest()[:12]


def lay_networks(networks: Iterable[str]) -> None:
    """The room has a bridge for each of these and for no other."""
    wanted = [bridge_of(network) for network in networks]
    there = set(_links())
    lines = [f"link delete dev {name}" for name in sorted(there) if name.startswith("n") and name not in wanted]
    for name in wanted:
        if name not in there:
            lines.append(f"link add name {name} mtu {_ABOVE} type bridge stp_state 0 mcast_snooping 0")
            lines.append(f"link set dev {name} up")
    _ip(lines)


def _links() -> Iterator[str]:
    """By `ip`: what is in `/sys` here are the interfaces of the machine's own network."""
    done = subprocess.run(["ip", "-o", "link", "show"], capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        yield line.split(": ")[1].partition("@")[0]


def give_birth(plan: Plan, folder: str, state: State, nodes: list[Node]) -> None:
    """Start nodes, all at once. Called in the room. Raises Refused for the first that cannot start."""
    reading, writing = os.pipe()
    go_reading, go_writing = os.pipe()
    for node in nodes:
        child = os.fork()
        if child == 0:
            os.close(go_writing)
            os.close(reading)
            Birth(node, plan, folder, state, writing, go_reading).begin()
    os.close(writing)
    os.close(go_reading)
    numbers: dict[str, int] = {}
    faults: list[str] = []
    is_told = False
    with os.fdopen(reading, "r", encoding="utf-8", errors="replace") as reports:
        for line in reports:
            kind, name, rest = line.rstrip("\n").split(" ", 2)
            if kind == "fault":
                faults.append(f"`{name}` cannot be started: {rest}")
                break
            numbers[name] = int(rest)
            if len(numbers) == len(nodes) and not is_told:
                _ip(list(_wires(nodes, numbers)))
                os.write(go_writing, b"g" * len(nodes))
                is_told = True
    os.close(go_writing)
    for _ in nodes:
        os.wait()
    if faults or not is_told:
        raise Refused(faults[0] if faults else "the nodes have ended")


def _wires(nodes: Iterable[Node], numbers: dict[str, int]) -> Iterator[str]:
    """One end in the room, named by the number of the node's process there; the other in the node, by the lab's name."""
    for node in nodes:
        number = numbers[node.name]
        for place, plug in enumerate(node.plugs):
            yield (
                f"link add name v{number}.{place} mtu {_ABOVE} master {bridge_of(plug.network)} up type veth"
                f" peer name {plug.name} address {plug.mac} netns {number}"
            )


def _ip(lines: list[str]) -> None:
    if not lines:
        return
    text = "".join(f"{line}\n" for line in lines)
    done = subprocess.run(["ip", "-batch", "-"], input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(f"the lab's wires cannot be made: {done.stderr.strip()[-500:]}")


def started(state: State) -> dict[str, Record]:
    """The nodes that run."""
    return {name: record for name, record in state.nodes().items() if record.process.is_alive}
