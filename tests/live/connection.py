"""A TCP connection between two nodes, to see whether a change of the lab ends it, and when nodes have begun."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from select import select

from tests.live.compose import ComposeLab
from tests.live.machine import HERE
from tests.live.namespaces import NamespacesLab

Running = ComposeLab | NamespacesLab
Ends = tuple["subprocess.Popen[str]", "subprocess.Popen[str]"]
_PORT = 9000
_LISTENING = f":{_PORT:04X} "
_PATIENCE = 60  # seconds: so long a word may take, also where packets are sent again


def starts_of(lab: Running) -> dict[str, str]:
    """When the first process of each node began."""
    if isinstance(lab, NamespacesLab):
        return {name: " ".join(text.split()[:2]) for name, text in lab.nodes().items()}
    form = "{{.Id}} {{.State.StartedAt}}"
    return {name: HERE.say("docker", "inspect", "--format", form, lab.container(name)) for name in lab.nodes()}


@contextmanager
def connection(lab: Running, client: str, server: str, address: str) -> Iterator[Ends]:
    """From the one node to an address of the other: what one end says the other one hears."""
    listening = _program(lab, server, "busybox", "nc", "-l", "-p", str(_PORT))
    try:
        heard = HERE.wait_until(lambda: _LISTENING in lab.run(server, "cat", "/proc/net/tcp6").stdout, 20)
        assert heard is not None
        calling = _program(lab, client, "busybox", "nc", address, str(_PORT))
        try:
            yield calling, listening
        finally:
            _end(calling)
    finally:
        _end(listening)


def is_carried(ends: Ends, word: str) -> bool:
    """Whether a word comes to the other end, both ways."""
    for sender, receiver in (ends, ends[::-1]):
        assert sender.stdin is not None
        assert receiver.stdout is not None
        sender.stdin.write(f"{word}\n")
        sender.stdin.flush()
        if not select([receiver.stdout], [], [], _PATIENCE)[0] or receiver.stdout.readline() != f"{word}\n":
            return False
    return True


def _program(lab: Running, node: str, *words: str) -> "subprocess.Popen[str]":
    enter = ("docker", "exec", "-i", lab.container(node)) if isinstance(lab, ComposeLab) else (lab.script, "exec", node)
    return subprocess.Popen([*enter, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _end(program: "subprocess.Popen[str]") -> None:
    program.kill()
    program.communicate()
