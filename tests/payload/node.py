"""A node for the script's tests: its data files in a folder, and Linux namespaces instead of a container.

Needs what the script itself needs in a node: `ip`, `nft`, `busybox`, `socat`, `conntrack`, `capsh`, from Debian's packages.
Everything happens in network and mount namespaces of the test's own, which end with it. Of the files a node can write those
in its folder alone.
"""

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from netdsl.ir.lab import Lab
from netdsl.payload.part import parts
from netdsl.payload.render import SCRIPTS

ROOT = Path(__file__).parents[2]
FRAME = ROOT / "netdsl" / "payload"
_PREPARE = """
mount -t sysfs sysfs /sys
echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start
mount --bind "$1/etc/hosts" /etc/hosts
mount --bind "$1/etc/resolv.conf" /etc/resolv.conf
mount --bind "$1" "$1"
mount -o remount,bind,ro /
mount -t tmpfs -o mode=755 tmpfs /run
exec sleep infinity
"""


class Node:
    """One node: write its data with `data`, make interfaces with `inside`, then `start` it; end it by leaving `with`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "run"
        for script in SCRIPTS:
            self.file(f"../lab/{script}", (FRAME / script).read_text())
        for part in parts():
            for file in part.shared(Lab("lab", None, (), ())):
                if file.path.endswith((".sh", ".conf")):
                    self.file(f"../lab/{file.path}", file.content.decode())
        self.file("parts", "nftables\n")
        self.file("../lab/resolv.conf", "")
        (folder / "etc").mkdir()
        (folder / "etc" / "hosts").touch()
        (folder / "etc" / "resolv.conf").write_text("nameserver 127.0.0.11\n")
        self._holder: subprocess.Popen[str] | None = None
        self._main: subprocess.Popen[str] | None = None
        self._environment: dict[str, str] = {}

    def __enter__(self) -> Self:
        self._holder = subprocess.Popen(
            ["unshare", "-mn", "--propagation", "private", "sh", "-ec", _PREPARE, "sh", str(self.folder)], text=True
        )
        deadline = time.monotonic() + 60
        while Path(f"/proc/{self._holder.pid}/comm").read_text() != "sleep\n":
            assert time.monotonic() < deadline, "the namespaces do not come up"
            time.sleep(0.005)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._main is not None and self._main.poll() is None:
            self._main.terminate()
            self._main.wait(60)
        if self._holder is not None:
            self._holder.kill()
            self._holder.wait()

    def data(self, **files: str) -> None:
        """Write data files of the node; `__` in a name stands for a dot, `___` for a slash."""
        for name, text in files.items():
            self.file(name.replace("___", "/").replace("__", "."), text)

    def file(self, name: str, text: str) -> None:
        path = self.folder / "netdsl" / "node" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def command(self, arguments: Sequence[str]) -> list[str]:
        assert self._holder is not None
        return ["nsenter", "-t", str(self._holder.pid), "-m", "-n", *arguments]

    def inside(self, *arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command in the node, with its state folder known to it."""
        return subprocess.run(
            self.command(arguments),
            input=text,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=self.environment,
        )

    def link(self, name: str, mac: str) -> None:
        """One end of a cable, as an engine would have made it: up, with an address of the engine's."""
        self.inside("ip", "link", "add", name, "address", mac, "type", "veth", "peer", "name", f"peer-{name}")
        self.inside("ip", "link", "set", f"peer-{name}", "up")
        self.inside("ip", "link", "set", name, "up")

    @property
    def environment(self) -> dict[str, str]:
        """Of its script."""
        return {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "NETDSL_STATE": str(self.state),
            "NETDSL_LASTING": str(self.folder / "lasting"),
            "NETDSL_TRIES": "3",
            **self._environment,
        }

    def verb(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.inside("sh", str(self.folder / "netdsl" / "lab" / "node.sh"), *arguments)

    def start(self, **environment: str) -> str:
        """Start the node and wait until it is configured (the answer is "") or has given up (the answer is its log)."""
        self._environment = environment
        script = str(self.folder / "netdsl" / "lab" / "node.sh")
        self.folder.joinpath("log").touch()
        with (self.folder / "log").open("w") as log:
            self._main = subprocess.Popen(
                self.command(["sh", script, "start"]), stderr=log, stdout=log, text=True, env=self.environment
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self._main.poll() is not None:
                return self.log()
            if (self.state / "configured").exists():
                return ""
            time.sleep(0.01)
        raise AssertionError(f"neither ready nor ended: {self.log()}")

    def stop(self) -> float:
        """TERM to the main process; the seconds that it took."""
        assert self._main is not None
        began = time.monotonic()
        self._main.terminate()
        self._main.wait(60)
        return time.monotonic() - began

    def log(self) -> str:
        return (self.folder / "log").read_text()
