"""What this machine can do for Compose labs."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence

from netdsl.runtime.driver import Check

ENGINE = (25, 0)  # `start_interval` of health checks
COMPOSE = (2, 24)  # `!reset` and `!override` in override files
_ESP = (
    *("ip", "xfrm", "state", "add", "src", "127.0.0.1", "dst", "127.0.0.2", "proto", "esp", "spi", "0x101"),
    *("mode", "tunnel", "aead", "rfc4106(gcm(aes))", "0x" + "00" * 36, "128"),
)

_PROGRAMS: tuple[tuple[str, tuple[str, ...], tuple[int, int], str], ...] = (
    (
        "Docker Engine",
        ("docker", "version", "--format", "{{.Server.Version}}"),
        ENGINE,
        "start it (systemctl start docker), or get the right to speak to it (the group docker)",
    ),
    ("Docker Compose", ("docker", "compose", "version", "--short"), COMPOSE, "install it (on Debian: docker-compose)"),
    ("Docker Buildx", ("docker", "buildx", "version"), (0, 10), "install it (on Debian: docker-buildx)"),
)


def examine() -> tuple[Check, ...]:
    """All checks; nothing is changed, and what is tried is tried in a network namespace of its own."""
    return tuple(_examine())


def _examine() -> Iterator[Check]:
    if shutil.which("docker") is None:
        yield Check("docker", False, "not on the PATH", "install Docker Engine (on Debian: docker.io docker-cli)")
        return
    for what, command, least, remedy in _PROGRAMS:
        yield _version(what, command, least, remedy)
    yield from _kernel()


def _version(what: str, command: Sequence[str], least: tuple[int, int], remedy: str) -> Check:
    text = _run(command)
    found = re.search(r"(\d+)\.(\d+)", text or "")
    if text is None or found is None:
        return Check(what, False, "does not answer", remedy)
    is_ok = (int(found[1]), int(found[2])) >= least
    needed = f"{least[0]}.{least[1]} or later is needed"
    return Check(what, is_ok, text.strip() if is_ok else f"{text.strip()}; {needed}", f"upgrade: {needed}")


def _kernel() -> Iterator[Check]:
    isolated = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    if _run([*isolated, "true"]) is None or shutil.which("ip") is None:
        yield Check("kernel", False, "cannot be looked at from here", "try as root, with iproute2", is_required=False)
        return
    for kind, without in (
        ("dummy", "networks sit on ifb devices instead (./parents.sh up)"),
        ("macvlan", "use --driver bridge"),
        ("ipvlan", "use another driver"),
        ("vxlan", "needed by --driver ipvlan only"),
        ("ifb", "needed only where there is no dummy device"),
    ):
        script = f"ip link add probe type {kind}"
        if kind == "vxlan":
            script += " id 1 dstport 4789"
        if kind in ("macvlan", "ipvlan"):
            script = f"ip link add base type veth peer name other && ip link add link base name probe type {kind}"
        has = _run([*isolated, "sh", "-c", script]) is not None
        yield Check(f"kernel: {kind}", has, "yes" if has else "no", without, is_required=False)
    has = _run([*isolated, *_ESP]) is not None
    yield Check(
        "kernel: ESP", has, "yes" if has else "no", "IPsec runs in user space (/dev/net/tun)", is_required=False
    )


def _run(command: Sequence[str]) -> str | None:
    """Its output; None where it fails, is missing, or takes too long."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
