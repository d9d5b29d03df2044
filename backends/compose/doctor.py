"""What this machine can do for Compose labs."""

import os
import shutil
from collections.abc import Iterator, Sequence

from netdsl.payload.part import kernel_needs
from netdsl.runtime.driver import Check

from .client import asked, client_checks, versioned


def examine() -> tuple[Check, ...]:
    """All checks; nothing is changed, and what is tried is tried in a network namespace of its own."""
    return tuple(_examine())


def _examine() -> Iterator[Check]:
    checks = client_checks()
    yield from checks
    if len(checks) > 1:
        yield _buildx()
        yield from _kernel()


def _buildx() -> Check:
    text, install = (_run(("docker", "buildx", "version")) or "").strip(), "(on Debian: docker-buildx)"
    if not text:
        return Check("Docker Buildx", False, "does not answer", f"install it {install}")
    return versioned("Docker Buildx", text, (0, 10), f"upgrade it {install}")


def _kernel() -> Iterator[Check]:
    isolated = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    if _run([*isolated, "true"]) is None or shutil.which("ip") is None:
        yield Check("kernel", False, "cannot be looked at from here", "try as root, with iproute2", is_required=False)
        return
    for kind, without in (
        ("dummy", "networks sit on ifb devices instead (./parents.sh up)"),
        ("macvlan", "use --driver bridge"),
        ("ipvlan", "use another driver"),
        ("vxlan", "needed by --driver ipvlan"),
        ("ifb", "needed only where there is no dummy device"),
    ):
        script = f"ip link add probe type {kind}"
        if kind == "vxlan":
            script += " id 1 dstport 4789"
        if kind in ("macvlan", "ipvlan"):
            script = f"ip link add base type veth peer name other && ip link add link base name probe type {kind}"
        has = _run([*isolated, "sh", "-c", script]) is not None
        yield Check(f"kernel: {kind}", has, "yes" if has else "no", without, is_required=False)
    for need in kernel_needs():
        has = _run([*isolated, *need.probe]) is not None
        yield Check(f"kernel: {need.name}", has, "yes" if has else "no", need.without, is_required=False)


def _run(command: Sequence[str]) -> str | None:
    """Its output; None where it fails, is missing, or takes too long."""
    (said,) = asked(command)
    return said.output if said.status == 0 else None
