"""Errors of machines that did not come up, with cause and remedy if they are known."""

import re
from collections.abc import Sequence

from netdsl.dataclass import dataclass
from netdsl.runtime.driver import DriverError

from .vagrant import Ended, Failure, failures

_DOCTOR = "netdsl doctor -t vagrant"
_LINES = 14  # of the fifteen lines that an error shows
_TRACE = re.compile(r"\s*(?:from )?\S+\.rb:\d+:in [`']")  # a line of Ruby's stack trace


@dataclass(frozen=True, slots=True)
class _Known:
    """A known failure. `sign`: a pattern of Vagrant's output; `cause`: None if the message needs none."""

    sign: str
    cause: str | None
    remedy: str


_KNOWN = (
    _Known(
        r"Error (?:while connecting to|making a connection to) [Ll]ibvirt|Failed to connect socket to '[^']*libvirt",
        "libvirt does not answer",
        _DOCTOR,
    ),
    _Known(
        r"VirtualBox|provider 'virtualbox'",
        "VirtualBox cannot be used on this machine",
        f"{_DOCTOR}; or compile for libvirt (--provider libvirt)",
    ),
    _Known(
        r"provider '[^']*' (?:that was requested|could not be found)|[Nn]o usable default provider",
        "Vagrant has no provider for this lab",
        _DOCTOR,
    ),
    _Known(
        r"[Bb]ox '[^']*' (?:could not be found|does not exist|isn't installed|\(v)|could not be accessed in the remote"
        r"|[Ee]rror (?:occurred while )?downloading|box_download",
        "there is no box to make the machines from",
        "build one (tools/vagrant-box), add one (vagrant box add), or name one that is there "
        "(NETDSL_BOX=NAME, --set box=NAME)",
    ),
    _Known(
        r"backed by a different provider|active machine was found with a different provider",
        "the machines were made by another provider",
        "netdsl down, then up",
    ),
    _Known(
        r"[Cc]ould not access KVM|failed to initialize kvm|domaintype=kvm|virt type 'kvm'|/dev/kvm",
        "KVM refuses to run the machines",
        "NETDSL_ACCELERATOR=tcg runs them under emulation",
    ),
    _Known(
        r"[Nn]etwork is already in use by interface",
        "the range of the management network is in use on this machine",
        "--set pool=PREFIX gives another",
    ),
    _Known(
        r"of domain about to create is already taken|domain '[^']*' already exists|Volume for domain is already created",
        "there are machines of that name already",
        "netdsl down where they were started, or give this copy a name of its own (--project NAME)",
    ),
    _Known(
        r"[Pp]ermission denied|authentication unavailable|access denied|polkit",
        None,
        "the group libvirt may speak to libvirt; netdsl doctor -t vagrant",
    ),
    _Known(r"[Cc]annot allocate memory", "there is not enough memory", "take other machines down first"),
    _Known(r"[Nn]o space left", "there is no space left for the machines' disks", "make room in libvirt's pool"),
    _Known(
        r"is locked!|another process is already (?:performing|executing)",
        "another Vagrant works on these machines",
        "wait until it has ended",
    ),
    _Known(
        r"Kernel panic - not syncing",
        "a guest's kernel crashed",
        "netdsl down, then up: without KVM it has been seen for no reason of the lab's; "
        "its console says more, below .vagrant/netdsl",
    ),
    _Known(
        r"Timed out while waiting for the machine to boot|wait_for timeout",
        None,
        "its console says more, below .vagrant/netdsl; netdsl down takes away what is there",
    ),
)


def succeeded(ended: Ended, doing: str) -> None:
    """Raises DriverError if a call of Vagrant failed. `doing`: the action for the message, as `come up`."""
    if ended.status:
        raise explain(ended, doing)


def explain(ended: Ended, doing: str) -> DriverError:
    """The error with the names of the machines, Vagrant's last lines and those of the first machine's console."""
    found = failures(ended.errors)
    recognised = next((failure for failure in _KNOWN if re.search(failure.sign, ended.errors)), None)
    names = [failure.machine for failure in found if failure.machine is not None]
    message = _subject(names, doing)
    if recognised is not None and recognised.cause is not None:
        message = f"{message}: {recognised.cause}"
    return DriverError(
        message,
        command=ended.command,
        status=ended.status,
        tail="\n".join(_tail(found, ended)),
        remedy=recognised.remedy if recognised is not None else None,
    )


def _subject(names: Sequence[str], doing: str) -> str:
    match names:
        case []:
            return f"the machines did not {doing}"
        case [name]:
            return f"the machine `{name}` did not {doing}"
        case _:
            return f"the machines {', '.join(f'`{name}`' for name in names)} did not {doing}"


def _tail(found: Sequence[Failure], ended: Ended) -> list[str]:
    """Each reason once, then the last lines of the first machine's console, or of Vagrant's output about it."""
    lines = (line for failure in found for line in failure.reason.splitlines())
    reasons = list(dict.fromkeys(line for line in lines if line.strip() and not _TRACE.match(line)))
    first = next((failure for failure in found if failure.machine is not None), None)
    if first is None or first.machine is None:
        return reasons[-_LINES:]
    last = [f"{first.machine}: {line}" for line in (first.console or ended.last_lines(first.machine))]
    room = max(_LINES - len(reasons), _LINES // 2)
    return [*reasons[-(_LINES - min(room, len(last))) :], *last[-room:]]
