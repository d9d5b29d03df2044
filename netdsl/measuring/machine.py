"""What this machine is, so that no figure stands without it, and how busy it is."""

import os
import platform
import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from netdsl.measuring.types import Machine

_UNKNOWN = "unknown"
_BRIEF = 10.0  # seconds for a program that only says something

Say = Callable[[Sequence[str]], str]
"""What a command prints; nothing where it cannot be run."""


def fingerprint(root: Path = Path("/"), say: Say | None = None) -> Machine:
    """This machine. `root` is where `/proc` and `/etc` lie; what cannot be found out is `unknown`, or 0."""
    say = say or _say
    return Machine(
        processor=_processor(root, say),
        cores=usable_cores(),
        memory=_memory(root, say),
        architecture=platform.machine() or _UNKNOWN,
        kernel=f"{platform.system()} {platform.release()}".strip() or _UNKNOWN,
        system=_system(root),
    )


def load() -> float:
    """The load average of one minute; 0 where the system has none."""
    try:
        return round(os.getloadavg()[0], 2)
    except OSError:
        return 0.0


def usable_cores() -> int:
    """Those that this process may use: a container or `taskset` can leave it fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor(root: Path, say: Say) -> str:
    """Its name: of /proc/cpuinfo; ARM has none there, and lscpu knows it by the part's number; macOS says it by sysctl."""
    for key in ("model name", "Model", "cpu model"):
        name = _field(_text(root / "proc/cpuinfo"), key)
        if name:
            return name
    described = say(["lscpu"])
    parts = [_field(described, "Vendor ID"), _field(described, "Model name")]
    name = " ".join(part for part in parts if part not in ("", "-"))
    return name or say(["sysctl", "-n", "machdep.cpu.brand_string"]).strip() or platform.processor() or _UNKNOWN


def _memory(root: Path, say: Say) -> int:
    kilobytes = re.match(r"\d+", _field(_text(root / "proc/meminfo"), "MemTotal"))
    if kilobytes is not None:
        return int(kilobytes[0]) * 1024
    said = say(["sysctl", "-n", "hw.memsize"]).strip()
    return int(said) if said.isdecimal() else 0


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
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _say(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_BRIEF,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""
