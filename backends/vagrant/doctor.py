"""What this machine can do for labs of virtual machines."""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence

from netdsl.disk.scratch import scratch_named
from netdsl.disk.system import system_text
from netdsl.runtime.driver import Check

from .boxes import OWN_BOX, PUBLIC_BOXES
from .leftovers import libvirt
from .vagrant import boxes, plugins

VAGRANT = (2, 3)
LIBVIRT = (0, 11)  # of the plugin: networks without an address on the host
VIRTUALBOX = (7, 0)
MEMORY_MIB = 256  # of a machine where the lab says nothing

# A boot sector that asks the processor for its 64-bit mode and ends QEMU with status 33 where it has one: a /dev/kvm may
# be there, answer, and run no guest. mov eax,0x80000001; cpuid; test edx,1<<29; mov al,0x10; jnz; mov al,0x20; out; hlt
_SECTOR = bytes.fromhex("66b8010000800fa266f7c200000020b0107502b020e6f4f4")
_RUNS = 33


def examine() -> tuple[Check, ...]:
    """All checks; nothing is changed."""
    return tuple(_examine())


def _examine() -> Iterator[Check]:
    if shutil.which("vagrant") is None:
        yield Check("vagrant", False, "not on the PATH", "install it (on Debian: vagrant vagrant-libvirt)")
        return
    yield _version("Vagrant", _run(["vagrant", "--version"]), VAGRANT, "upgrade Vagrant")
    providers = tuple(_providers())
    found = [name for name, check in providers if name in PUBLIC_BOXES and check.is_ok]
    yield from (check for _, check in providers)
    if not found:
        remedy = "libvirt (on Debian, as root: tools/hypervisor install, then start) or VirtualBox 7"
        yield Check("a provider", False, "none that can be used", remedy)
    if "libvirt" in found:
        yield _accelerator()
    yield _box(found or list(PUBLIC_BOXES))
    yield _ssh()
    yield from _memory()


def _providers() -> Iterator[tuple[str, Check]]:
    versions = plugins(_run(["vagrant", "plugin", "list", "--machine-readable"]) or "")
    plugin = versions.get("vagrant-libvirt")
    check = _version(
        "provider libvirt: plugin",
        plugin,
        LIBVIRT,
        "on Debian: vagrant-libvirt; or: vagrant plugin install vagrant-libvirt",
    )
    yield "plugin", _optional(check)
    version = libvirt("version", "--daemon")
    answer = re.search(r"Running against daemon: (\S+)", version or "")
    if answer is not None:
        text = f"libvirt {answer[1]}"
    else:
        text = "does not answer" if shutil.which("virsh") else "cannot be asked: no virsh (on Debian: libvirt-clients)"
    is_usable = check.is_ok and answer is not None
    remedy = "start it (systemctl start libvirtd; tools/hypervisor start), and be in the group libvirt"
    yield "libvirt", Check("provider libvirt", is_usable, text, remedy, is_required=False)
    yield "virtualbox", _optional(_virtualbox())


def _virtualbox() -> Check:
    what, remedy = "provider virtualbox", "install VirtualBox 7"
    if shutil.which("VBoxManage") is None:
        return Check(what, False, "not installed", remedy)
    text = (_run(["VBoxManage", "--version"]) or "does not answer").strip()
    if not text[:1].isdigit():  # a warning: its kernel module is missing
        return Check(what, False, text.splitlines()[0], remedy)
    return _version(what, text, VIRTUALBOX, remedy)


def _accelerator() -> Check:
    remedy = (
        "machines are emulated, about ten times slower; KVM needs a processor that has it (BIOS, nested), not taken"
    )
    if "<domain type='kvm'" not in (libvirt("capabilities") or ""):
        return Check("accelerator", False, "tcg: libvirt has no KVM", remedy, is_required=False)
    runs = _kvm_runs()
    if runs is False:
        remedy = "NETDSL_ACCELERATOR=tcg runs machines under emulation, about ten times slower"
        return Check("accelerator", False, "libvirt says kvm, but /dev/kvm runs no guest", remedy, is_required=False)
    return Check("accelerator", True, "kvm" if runs else "kvm, as libvirt says (not tried: no right to /dev/kvm)")


def _kvm_runs() -> bool | None:
    """Whether KVM runs the smallest of guests; None where it cannot be tried."""
    qemu = shutil.which("qemu-system-x86_64")
    if platform.machine() not in ("x86_64", "AMD64") or qemu is None or not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return None
    with scratch_named() as disk:
        disk.write(_SECTOR + bytes(510 - len(_SECTOR)) + b"\x55\xaa")
        disk.flush()
        command = [qemu, "-accel", "kvm", "-cpu", "host", "-m", "64", "-nodefaults", "-no-reboot", "-display", "none"]
        command += ["-device", "isa-debug-exit,iobase=0xf4,iosize=1"]
        command += ["-drive", f"file={disk.name},format=raw,snapshot=on"]
        return _status(command) == _RUNS


def _box(providers: Sequence[str]) -> Check:
    """One of those that a lab without a `box` is made from."""
    there = boxes(_run(["vagrant", "box", "list", "--machine-readable"]) or "")
    given = os.environ.get("NETDSL_BOX")
    wanted = [(name, provider) for provider in providers
              for name in ([given] if given else [OWN_BOX, PUBLIC_BOXES[provider]])]  # fmt: skip
    found = next((f"{name} ({provider})" for name, provider in wanted if (name, provider) in there), None)
    names = ", ".join(dict.fromkeys(name for name, _ in wanted))
    remedy = "Vagrant downloads it at the first `up`; without a network: tools/vagrant-box builds one (as root)"
    return Check("box", found is not None, found or f"none of {names}", remedy, is_required=False)


def _ssh() -> Check:
    path = shutil.which("ssh")
    return Check("ssh", path is not None, path or "not on the PATH", "install it (on Debian: openssh-client)")


def _memory() -> Iterator[Check]:
    """Where the system says how much there is (Linux)."""
    text = system_text("/proc/meminfo")
    found = re.search(r"^MemAvailable:\s+(\d+) kB$", text, re.MULTILINE)
    if found is None:
        return
    mib = int(found[1]) // 1024
    count = mib // (MEMORY_MIB + 32)  # QEMU's own share, measured
    remedy = "take other labs down, or give machines less (memory = …)"
    text = f"{mib} MiB free, enough for {count} machines of {MEMORY_MIB} MiB"
    yield Check("memory", count >= 2, text, remedy, is_required=False)


def _version(what: str, text: str | None, least: tuple[int, int], remedy: str) -> Check:
    found = re.search(r"(\d+)\.(\d+)\S*", text or "")
    if found is None:
        return Check(what, False, "not there", remedy)
    is_ok = (int(found[1]), int(found[2])) >= least
    return Check(what, is_ok, found[0] if is_ok else f"{found[0]}; {least[0]}.{least[1]} or later is needed", remedy)


def _optional(check: Check) -> Check:
    return Check(check.what, check.is_ok, check.found, check.remedy, is_required=False)


def _run(command: Sequence[str]) -> str | None:
    """Its output; None where it fails, is missing, or takes too long."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
            env={**os.environ, "VAGRANT_CHECKPOINT_DISABLE": "1"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _status(command: Sequence[str]) -> int | None:
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.returncode
