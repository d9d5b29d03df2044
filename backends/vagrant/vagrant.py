"""Calling Vagrant and parsing its output."""

import os
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from shlex import join

from netdsl.codegen.unchanged import refuse_changed
from netdsl.dataclass import dataclass
from netdsl.diagnostics.visible import Passing
from netdsl.disk.named import make_named
from netdsl.disk.scratch import scratch_file, scratch_folder
from netdsl.runtime.driver import DriverError, Progress

from .machines import node_of, own_folder, vagrant_name

NAMES = "NETDSL_MACHINES"
RUBY = ("Vagrantfile", "machine/netdsl.rb")
"""What Vagrant runs on this machine."""
# Vagrant destroys only machines in a Vagrantfile. This one names machines that are no longer in the lab's own.
_OTHERS = f"""Vagrant.configure('2') do |config|
  config.vm.box = 'netdsl/none'
  ENV.fetch('{NAMES}').split.each {{ |name| config.vm.define name }}
end
"""
_LINE = re.compile(r"(?:==>| {3}) (\S+?): ?(.*)")
_FAILED = re.compile(
    r"An (?:unexpected )?error occurred (?:while|when) executing the action on the\s+'([^']+)'\s+machine\.\s.*?\n\n",
    re.DOTALL,
)
_NOISE = re.compile(r"^\[fog\]\[WARNING\]|^\S+\.rb:\d+: warning:|^==> \S+: An error occurred\. The error will be shown")
_LAST_LINES = 15  # lines
_LONGEST_LINE = 1 << 16
_MOST = 8 << 20
_STEPS: tuple[tuple[str, str | None], ...] = (
    ("Uploading base box image", "copying the box into libvirt's pool (the first time only)"),
    ("Importing base box", "copying the box"),
    ("Creating domain with", "making the machine"),
    ("Starting domain", "starting"),
    ("Booting VM", "starting"),
    ("Waiting for domain to get an IP", "booting"),
    ("Waiting for machine to boot", "waiting for its ssh"),
    ("Machine booted and ready", "booted"),
    ("Running provisioner", "setting up"),
    ("Removing domain", "taken away"),
    ("Destroying VM", "taken away"),
    ("Forcing shutdown of VM", None),
    ("Halting domain", "switched off"),
    ("Attempting graceful shutdown of VM", "shutting down"),
    ("Checking if box", None),
    ("Clearing any previously set", None),
    ("Creating image", None),
    ("Creating shared folders", None),
    ("Deleting the machine folder", None),
    ("Domain is not created", None),
    ("Domain launching", None),
    ("Fixed port collision", None),
    ("Forwarding ports", None),
    ("Generating MAC address", None),
    ("Machine already provisioned", None),
    ("Machine not provisioned", None),
    ("Matching MAC address", None),
    ("No version detected for", None),
    ("Preparing network interfaces", None),
    ("Preparing master VM", None),
    ("Remove stale volume", None),
    ("Removing stale", None),
    ("Running 'pre-boot'", None),
    ("Serial console is being redirected", None),
    ("Setting the name of the VM", None),
    ("Updating domain definition", None),
    ("VM not created", None),
    ("flag to force provisioning", None),
    ("for machine", None),
    ("generating a local metadata", None),
    ("See https://", None),
)

Heard = Callable[["OutputLine"], None]


@dataclass(frozen=True, slots=True)
class OutputLine:
    """A line of Vagrant's output. `machine`: None for a line about none; `is_detail`: output of a step, not a step."""

    machine: str | None
    text: str
    is_detail: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """The result of a call: command, exit status, output, and errors without warnings of Ruby libraries."""

    command: str
    status: int
    output: str
    errors: str

    def last_lines(self, machine: str) -> tuple[str, ...]:
        """The last output lines about a machine."""
        lines = (parsed_line(line) for line in self.output.splitlines())
        return tuple(line.text for line in lines if line.machine == machine and line.text)[-_LAST_LINES:]


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure of a machine: Vagrant's message and the end of the console. `machine`: None if the message names
    none."""

    machine: str | None
    reason: str
    console: tuple[str, ...] = ()


def call(
    folder: Path, *words: str, heard: Heard | None = None, also: Mapping[str, str] | None = None, at: Path | None = None
) -> Ended:
    """Run Vagrant for an output folder. `heard`: gets each output line; `at`: the folder of another Vagrantfile.

    Ctrl-C also reaches Vagrant, which ends in its own way; then KeyboardInterrupt is raised. Raises DriverError if
    Vagrant is not installed, and where Ruby in the folder is not netdsl's.
    """
    _refuse_foreign(folder)
    if at is None:
        refuse_changed(folder, RUBY)
    environment = {key: value for key, value in os.environ.items() if key != "VAGRANT_VAGRANTFILE"}
    environment |= {
        "VAGRANT_CWD": str((at or folder).absolute()),
        "VAGRANT_DOTFILE_PATH": str(own_folder(folder.absolute())),
        "VAGRANT_CHECKPOINT_DISABLE": "1",  # no request for a newer version over the network
        "VAGRANT_NO_COLOR": "1",
        **(also or {}),
    }
    lines: list[str] = []
    with scratch_file() as errors:
        try:
            process = subprocess.Popen(
                ["vagrant", *words], cwd=at or folder, env=environment, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=errors, text=True, errors="replace",
            )  # fmt: skip
        except FileNotFoundError as error:
            raise DriverError("there is no `vagrant` on the PATH", remedy="netdsl doctor -t vagrant") from error
        was_interrupted = _read(process, lines, heard)
        errors.seek(0)
        text = errors.read(_MOST).decode(errors="replace")
    if was_interrupted:
        raise KeyboardInterrupt
    return Ended(join(["vagrant", *words]), process.returncode, "".join(lines), without_noise(text))


def _refuse_foreign(folder: Path) -> None:
    """Raises DriverError where Vagrant would load Ruby that lies beside the lab: its plug-ins of one folder."""
    for path in (folder / ".vagrantplugins", own_folder(folder) / "plugins.json"):
        if os.path.lexists(path):
            raise DriverError(
                f"{path} is not netdsl's, and Vagrant runs it", remedy="remove it; plug-ins are installed for a user"
            )


def destroy_others(folder: Path, names: Sequence[str], *, heard: Heard | None = None) -> Ended:
    """Destroy machines that are not in the folder's Vagrantfile."""
    with scratch_folder() as other:
        make_named(Path(other) / "Vagrantfile", _OTHERS)
        others = [vagrant_name(name) for name in names]
        return call(folder, "destroy", "-f", *others, heard=heard, also={NAMES: " ".join(others)}, at=Path(other))


def parsed_line(line: str) -> OutputLine:
    """Parse a line: `==> a-gw: Starting domain.` is a step of `a-gw`, `    a-gw: …` a detail."""
    found = _LINE.fullmatch(line)
    if found is None:
        return OutputLine(None, line.strip(), is_detail=False)
    return OutputLine(
        node_of(found[1]), found[2].strip(), is_detail=not line.startswith("==>") or found[2].startswith(" -- ")
    )


def states(text: str) -> dict[str, str]:
    """From `vagrant status --machine-readable`: each machine's state, in its provider's words."""
    return {node_of(target): data[0] for target, kind, data in _records(text) if kind == "state"}


def plugins(text: str) -> dict[str, str]:
    """From `vagrant plugin list --machine-readable`: each plugin's version."""
    return {target: data[0].partition(",")[0] for target, kind, data in _records(text) if kind == "plugin-version"}


def boxes(text: str) -> tuple[tuple[str, str], ...]:
    """From `vagrant box list --machine-readable`: the name and the provider of each box."""
    names = [data[0] for _, kind, data in _records(text) if kind == "box-name"]
    providers = [data[0] for _, kind, data in _records(text) if kind == "box-provider"]
    return tuple(zip(names, providers, strict=True))


def failures(errors: str) -> tuple[Failure, ...]:
    """The failures by machine. Vagrant reports those of machines that start in parallel in one text."""
    consoles: dict[str, list[str]] = {}
    messages = []
    for line in errors.splitlines():
        part = parsed_line(line)
        if part.machine is not None and line.startswith("==>"):
            consoles.setdefault(part.machine, []).append(part.text)
        else:
            messages.append(line)
    text = "\n".join(messages).strip()
    parts = _FAILED.split(f"{text}\n")
    names = parts[1::2]
    if not names and text:
        parts, names = ["", "", text], list(consoles) if len(consoles) == 1 else [""]
    return tuple(
        Failure(node_of(name) or None, reason.strip(), tuple(consoles.get(node_of(name), ())))
        for name, reason in zip(names, parts[2::2], strict=True)
    )


def without_noise(errors: str) -> str:
    """The errors without warnings of Ruby libraries."""
    return "\n".join(line for line in errors.splitlines() if not _NOISE.search(line)).strip()


def step(line: OutputLine) -> str | None:
    """The progress text of a step; None for lines that are not worth one."""
    if line.machine is None or line.is_detail or not line.text:
        return None
    for beginning, words in _STEPS:
        if line.text.startswith(beginning):
            return words and f"{line.machine}: {words}"
    return f"{line.machine}: {line.text}"


def telling(progress: Progress) -> Heard:
    """A callback for `call` that reports each step of a machine once."""
    last: dict[str | None, str] = {}

    def heard(line: OutputLine) -> None:
        text = step(line)
        if text is not None and last.get(line.machine) != text:
            last[line.machine] = text
            progress(Passing(text))

    return heard


def _read(process: "subprocess.Popen[str]", lines: list[str], heard: Heard | None) -> bool:
    """Read all lines until the end; those that are kept have _MOST characters together, as machines speak in them. Returns
    whether Ctrl-C was pressed."""
    assert process.stdout is not None
    was_interrupted, room = False, _MOST
    while True:
        try:
            while line := process.stdout.readline(_LONGEST_LINE):
                room -= len(line)
                if room > 0:
                    lines.append(line)
                if heard is not None:
                    heard(parsed_line(line.rstrip("\n")))
            process.wait()
        except KeyboardInterrupt:
            was_interrupted = True
            continue
        return was_interrupted


def _records(text: str) -> list[tuple[str, str, list[str]]]:
    """Machine-readable records as (target, kind, data). A comma in the data is written as `%!(VAGRANT_COMMA)`."""
    records = []
    for line in text.splitlines():
        fields = line.split(",")
        if len(fields) > 3:
            data = [field.replace("%!(VAGRANT_COMMA)", ",").replace("\\n", "\n") for field in fields[3:]]
            records.append((fields[1], fields[2], data))
    return records
