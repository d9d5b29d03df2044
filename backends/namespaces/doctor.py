"""What this machine can do for labs of namespaces."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence

from netdsl.disk.system import system_names, system_text
from netdsl.payload.part import kernel_needs
from netdsl.runtime.driver import Check

from .runner.groups import lacking
from .runner.roots import ROOTS

_LONGEST = 20.0  # seconds for one of these commands
_SPACES = ("ipc", "mnt", "net", "pid", "uts")


def examine() -> tuple[Check, ...]:
    """All checks; nothing is changed, and what is tried is tried in a network namespace of its own."""
    return tuple(_examine())


def _examine() -> Iterator[Check]:
    is_root = os.geteuid() == 0
    yield Check("root", is_root, "yes" if is_root else "no", "call netdsl as root (sudo)")
    has_ip = shutil.which("ip") is not None
    yield Check("iproute2", has_ip, "yes" if has_ip else "`ip` is not on the PATH", "install it (on Debian: iproute2)")
    yield _maker()
    missing = sorted(set(_SPACES) - set(system_names("/proc/self/ns")))
    found = "yes" if not missing else f"without {', '.join(missing)}"
    yield Check("kernel: namespaces", not missing, found, "another kernel is needed")
    has_overlay = "\toverlay\n" in system_text("/proc/filesystems") or _works(("modprobe", "-n", "overlay"))
    yield Check("kernel: overlay", has_overlay, "yes" if has_overlay else "no", "another kernel is needed")
    yield _limits()
    if is_root and has_ip:
        yield from _kernel()


def _maker() -> Check:
    """Without it labs run whose root file systems are there."""
    made = sorted(name for name in system_names(str(ROOTS)) if not name.startswith("."))
    has_tool = shutil.which("mmdebstrap") is not None
    found = f"{'yes' if has_tool else 'no'}; root file systems that are there: {len(made)}"
    return Check("mmdebstrap", has_tool, found, "install it (on Debian: mmdebstrap)", is_required=not made)


def _limits() -> Check:
    missing = lacking()
    found = f"none for {', '.join(missing)}: nodes are not limited in that" if missing else "yes"
    remedy = "mount them writable (on a machine of its own they are there), or limit the whole lab from outside"
    return Check("control groups", not missing, found, remedy, is_required=False)


def _kernel() -> Iterator[Check]:
    isolated = ("unshare", "-n")
    for kind, words in (("veth", ("veth",)), ("bridge", ("bridge",))):
        has = _works((*isolated, "ip", "link", "add", "probe", "type", *words))
        yield Check(f"kernel: {kind}", has, "yes" if has else "no", "another kernel is needed")
    for need in kernel_needs():
        has = _works((*isolated, *need.probe))
        yield Check(f"kernel: {need.name}", has, "yes" if has else "no", need.without, is_required=False)


def _works(command: Sequence[str]) -> bool:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_LONGEST,
            check=False,
            start_new_session=True,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
