"""The properties and the load of this machine, which are recorded with every run."""

import os
import platform
import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from netdsl.disk.system import system_text
from netdsl.measuring.types import Machine

_UNKNOWN = "unknown"
_TIMEOUT = 10.0  # seconds for a program that only prints a value

Output = Callable[[Sequence[str]], str]
"""The standard output of a command; empty if it fails or does not exist."""


def fingerprint(root: Path = Path("/"), output: Output | None = None) -> Machine:
    """This machine. `root`: the parent of `/proc` and `/etc`. Values that cannot be read are `unknown` or 0."""
    output = output or _output
    return Machine(
        processor=_processor(root, output),
        cores=usable_cores(),
        memory=_memory(root, output),
        architecture=platform.machine() or _UNKNOWN,
        kernel=f"{platform.system()} {platform.release()}".strip() or _UNKNOWN,
        system=_system(root),
    )


def load() -> float:
    """The load average of one minute; 0 if the system has none."""
    try:
        return round(os.getloadavg()[0], 2)
    except OSError:
        return 0.0


def usable_cores() -> int:
    """The number of cores that this process may use: a container or `taskset` may restrict it."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor(root: Path, output: Output) -> str:
    """The processor's name: from /proc/cpuinfo, on ARM (which has no name there) from lscpu, on macOS from sysctl."""
    for key in ("model name", "Model", "cpu model"):
        name = _field(_text(root / "proc/cpuinfo"), key)
        if name:
            return name
    described = output(["lscpu"])
    parts = [_field(described, "Vendor ID"), _field(described, "Model name")]
    name = " ".join(part for part in parts if part not in ("", "-"))
    return name or output(["sysctl", "-n", "machdep.cpu.brand_string"]).strip() or platform.processor() or _UNKNOWN


def _memory(root: Path, output: Output) -> int:
    kilobytes = re.match(r"\d+", _field(_text(root / "proc/meminfo"), "MemTotal"))
    if kilobytes is not None:
        return int(kilobytes[0]) * 1024
    bytes_ = output(["sysctl", "-n", "hw.memsize"]).strip()
    return int(bytes_) if bytes_.isdecimal() else 0


def _system(root: Path) -> str:
    name = re.search(r'^PRETTY_NAME="?([^"\n]+)', _text(root / "etc/os-release"), re.MULTILINE)
    if name is not None:
        return name[1]
    macos = platform.mac_ver()[0]
    return f"macOS {macos}" if macos else platform.system() or _UNKNOWN


def _field(text: str, key: str) -> str:
    found = re.search(rf"^{re.escape(key)}\s*:\s*(.*)$", text, re.MULTILINE)
    return "" if found is None else " ".join(found[1].split())


def _text(path: Path) -> str:
    return system_text(path)


def _output(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""
