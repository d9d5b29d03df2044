"""How a node starts: its first process, in namespaces of its own, makes its files and becomes its script."""

import os
from dataclasses import dataclass
from pathlib import Path

from . import groups, kernel, tree
from .kernel import Process
from .plan import Node, Plan
from .roots import place_of
from .state import Record, State

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SCRIPT = "/netdsl/lab/node.sh"
# As engines have it: every node may bind every port, and send echo requests without a right.
_SYSCTLS = (("net.ipv4.ip_unprivileged_port_start", "0"), ("net.ipv4.ping_group_range", "0 2147483647"))
_FOLDER = "mode=0755,size=64m"
_TEMPORARY = "mode=1777,size=64m"


@dataclass(frozen=True)
class Birth:
    """What a node is made of. `reports`: where it says its number, or what is wrong; `go`: where it hears that its
    interfaces are there."""

    node: Node
    plan: Plan
    folder: str
    state: State
    reports: int
    go: int

    def begin(self) -> None:
        """Called in a process of the room's: starts the node's first process and ends. Never returns."""
        name = self.node.name
        try:
            kernel.unshare(kernel.ALL_SPACES)
            reading, writing = os.pipe()
            number = os.fork()
            if number:
                os.close(writing)
                if os.read(reading, 1):  # interfaces begin with what it has set for those that come
                    self._report(f"number {name} {number}")
                os._exit(0)
            self._live(writing)
        except Exception as error:  # the process has no one else to tell
            self._report(f"fault {name} {error}")
        os._exit(1)

    def _report(self, line: str) -> None:
        os.write(self.reports, line.replace("\n", " ").encode(errors="replace")[:2000] + b"\n")

    def _live(self, prepared: int) -> None:
        """Becomes the node's script. The files of this machine are here until the root is entered."""
        node = self.node
        os.setsid()
        own = Process.of("self")
        groups.enter_new(self.state.project, node.name, node.limits)
        self.state.keep_node(node.name, Record(own, node.digest, node.envelope, node.capabilities))
        with open("/proc/sys/kernel/hostname", "w", encoding="utf-8") as file:
            file.write(node.name)
        early, late = sysctls_of(node)
        _apply(early)
        os.write(prepared, b"p")
        os.close(prepared)
        base = self.state.memory / node.name
        base.mkdir(exist_ok=True)
        log = os.open(base / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        root = self._files(base)
        if os.read(self.go, 1) != b"g":
            os._exit(1)  # who made it has ended
        _apply(late)
        tree.close_system(root)
        if node.writes is not None:
            tree.make_read_only(root)
        kernel.enter_root(root)
        nothing = os.open("/dev/null", os.O_RDONLY)
        for descriptor, place in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(descriptor, place)
        kernel.keep_capabilities(node.capabilities)
        _close_others(self.reports)
        kernel.as_started(environment_of(node.name), ["/bin/sh", SCRIPT, "start"])

    def _files(self, base: Path) -> str:
        node, plan = self.node, self.plan
        root = tree.lay_root(base, place_of(node.root))
        tree.lay_system(root, node.devices)
        tree.lay_groups(root, groups.seen_inside(self.state.project, node.name))
        if node.writes is None:
            if node.credentials is not None:
                tree.lay_memory(root, "/run/netdsl", _FOLDER)
        else:
            tree.lay_memory(root, "/run", _FOLDER)
            tree.lay_memory(root, "/tmp", _TEMPORARY)  # noqa: S108 - of a node
            for path in node.writes:
                tree.lay_memory(root, path, _FOLDER)
            tree.lay_beside(root, tree.opened(self.folder, f"{plan.lab}/hosts"), "/etc/hosts")
            tree.lay_beside(root, tree.opened(self.folder, node.resolvers), "/etc/resolv.conf")
        tree.lay_beside(root, tree.opened(self.folder, plan.lab), "/netdsl/lab")
        tree.lay_beside(root, tree.opened(self.folder, node.payload), "/netdsl/node")
        if node.credentials is not None:
            store = os.path.join(self.folder, os.environ.get("NETDSL_CREDENTIALS") or plan.store)
            tree.lay_beside(root, tree.opened(store, node.credentials), "/netdsl/credentials")
        return root


def environment_of(name: str) -> dict[str, str]:
    return {"PATH": PATH, "HOME": "/root", "HOSTNAME": name}


def sysctls_of(node: Node) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Those that are set before the node has interfaces, and those of its interfaces.

    `all` does not reach interfaces that come later, `default` does (Documentation/networking/ip-sysctl.rst).
    """
    devices = {plug.name for plug in node.plugs}
    early, late = list(_SYSCTLS), []
    given = dict(node.sysctls)
    for key, value in node.sysctls:
        head, _, name = key.rpartition(".")
        family, _, scope = head.partition(".conf.") if ".conf." in head else head.partition(".neigh.")
        if scope in devices:
            late.append((key, value))
        elif scope in ("", "all", "default") or not family.startswith("net.ipv"):
            early.append((key, value))
            default = f"{family}.conf.default.{name}"
            if scope == "all" and ".conf." in head and default not in given:
                early.append((default, value))
    return early, late


def _apply(pairs: list[tuple[str, str]]) -> None:
    """A key that the kernel does not have is for the node's own check to complain of."""
    for key, value in pairs:
        try:
            with open(f"/proc/sys/{path_of(key)}", "w", encoding="utf-8") as file:
                file.write(value)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise OSError(f"sysctl {key}: {error.strerror}") from error


def path_of(key: str) -> str:
    """Below `/proc/sys`; the name of an interface may have full stops."""
    for scope in (".conf.", ".neigh."):
        if scope in key:
            head, _, rest = key.partition(scope)
            device, _, name = rest.rpartition(".")
            return f"{head.replace('.', '/')}{scope.replace('.', '/')}{device}/{name}"
    return key.replace(".", "/")


def _close_others(kept: int) -> None:
    """All but the standard three and one, which closes when this process becomes another program."""
    os.closerange(3, kept)
    os.closerange(kept + 1, 4096)
