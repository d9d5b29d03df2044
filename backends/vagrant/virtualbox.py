"""Properties of VirtualBox and its machines, by VBoxManage."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from shlex import join

from netdsl.runtime.driver import DriverError

_LINE = re.compile(r'^"?([^"=\n]+)"?="?([^"\n]*)"?$', re.MULTILINE)


def shown(machine: str) -> Mapping[str, str]:
    """The properties of a machine, by its id. Raises DriverError."""
    return values(_output("showvminfo", machine, "--machinereadable"))


def values(text: str) -> Mapping[str, str]:
    """Parse the output of `showvminfo --machinereadable`: `name="value"`, numbers without quotes."""
    return {found[1]: found[2] for found in _LINE.finditer(text)}


def virtualbox_version() -> str:
    return _output("--version").strip()


def folder_of(machine: str) -> Path | None:
    """The folder of a machine with its disks."""
    file = shown(machine).get("CfgFile")
    return Path(file).parent if file else None


def _output(*words: str) -> str:
    command = join(("VBoxManage", *words))
    try:
        done = subprocess.run(
            ("VBoxManage", *words), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DriverError("VirtualBox does not answer", command=command, remedy="netdsl doctor -t vagrant") from error
    if done.returncode:
        raise DriverError("VirtualBox refused", command=command, status=done.returncode, tail=done.stderr)
    return done.stdout
