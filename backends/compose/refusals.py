"""What the engine and Compose refuse, in our words: what is so, and the remedy.

The signs are theirs, seen with Engine 26.1 and Compose 2.26; what they mean is said from the code that writes them (moby,
compose). What no sign is of is told as it was said.
"""

import re
from collections.abc import Iterator

from netdsl.dataclass import dataclass
from netdsl.runtime.driver import DriverError

_NAMED = "or give this lab a name of its own (--project NAME)"
_IMAGE = (
    "give the engine a registry or a proxy, load the image (docker load), or name another base "
    "(docker compose build --build-arg BASE=IMAGE)"
)
_LONGEST = 400  # characters of a line that is the engine's own
_STATE = re.compile(r"\s*(?:Container|Network|Volume|Image)s? .*")
_ENGINE = re.compile(r"(?:^|: )Error response from daemon: ")


@dataclass(frozen=True, slots=True)
class _Known:
    """`sign`: a regular expression for what was said; `message`, `remedy`: with its group as `{name}`."""

    sign: str
    message: str
    remedy: str


_KNOWN = (
    _Known(
        r"network (?:with name )?(?P<name>\S+) (?:was found but has incorrect label|exists but was not created)",
        "there is a network `{name}` already, and it is not this lab's",
        f"docker network rm {{name}}; {_NAMED}",
    ),
    _Known(
        r'The container name "/?(?P<name>[^"]+)" is already in use',
        "there is a container `{name}` already, and it is not this lab's",
        f"docker rm --force {{name}}; {_NAMED}",
    ),
    _Known(
        r"no available IPv4 addresses on this network's address pools: (?P<name>\S+)",
        "the network `{name}` has no address left: its range is as large as the lab, and something else holds one",
        "docker network inspect {name} shows what; netdsl down, then up makes it anew",
    ),
    _Known(
        r"all predefined address pools have been fully subnetted|could not find an available, non-overlapping IPv4 address",
        "the engine has no range left for one more network",
        "docker network prune takes away networks that nothing uses",
    ),
    _Known(
        r"[Nn]o space left on device|disk quota exceeded",
        "there is no space left where the engine keeps images and containers",
        "docker system df shows what takes it; docker builder prune gives back what builds have kept",
    ),
    _Known(
        r'adding custom device "(?P<name>[^"]+)": no such file',
        "this machine has no device {name}, which a node needs",
        "load the kernel's module for it (as root: modprobe tun for /dev/net/tun); netdsl doctor",
    ),
    _Known(
        r"bind source path does not exist: (?P<name>.+)",
        "{name} is not there, which a node is given",
        "compile the lab again; where its keys were moved, NETDSL_CREDENTIALS=FOLDER names them",
    ),
    _Known(
        r"invalid subinterface vlan name (?P<name>\S+), example",
        "the device {name}, which a network is to sit on, is not on this machine",
        "NETDSL_PARENT_… names another one; without it netdsl makes one",
    ),
    _Known(
        r"/proc/sys/(?P<name>\S+?):? no such file or directory",
        "the kernel has no sysctl {name}, which a node sets",
        "netdsl doctor says what this kernel lacks",
    ),
    _Known(
        r"[Cc]annot allocate memory|fork/exec \S+: resource temporarily unavailable",
        "this machine has no memory or no process left",
        "take other labs down first (docker ps, free -m)",
    ),
    _Known(
        r"failed to (?:set up|create) the (?:macvlan|ipvlan) port|(?:macvlan|ipvlan) .*(?:not supported|busy)",
        "this machine can make no network of that driver",
        "netdsl doctor says which ones it can; --driver bridge needs nothing",
    ),
    _Known(
        r"failed to resolve source metadata for (?P<name>\S+?): |pull access denied for (?P<other>[^,\s]+)",
        "the image {name} is not here, and the engine does not get it",
        _IMAGE,
    ),
    _Known(r'Get "https?://[^"]+":', "an image is not here, and the engine does not reach its registry", _IMAGE),
    _Known(
        r"[Oo]peration not permitted|[Pp]ermission denied",
        "the engine itself has not the right to do that",
        "netdsl doctor says what it can do; engines without root, or in a container, are given less",
    ),
)


def refusal(text: str, command: str, status: int | None) -> DriverError | None:
    """What was said, if it is known. Of several lines those of the engine count first, and remarks in a log's form last."""
    lines = sorted((line.strip() for line in text.splitlines()), key=_rank)
    for line, known in _pairs(lines):
        found = re.search(known.sign, line)
        if found is None:
            continue
        name = next((value for value in found.groupdict().values() if value is not None), "")
        return DriverError(
            known.message.format(name=name),
            command=command,
            status=status,
            tail=_ENGINE.sub("", line)[:_LONGEST],
            remedy=known.remedy.format(name=name),
        )
    return None


def _rank(line: str) -> int:
    if _ENGINE.search(line):
        return 0
    return 2 if line.startswith("time=") else 1


def _pairs(lines: list[str]) -> Iterator[tuple[str, _Known]]:
    return ((line, known) for line in lines for known in _KNOWN)


def reasons(text: str) -> str:
    """What Compose said of its failure, without what it said of containers and networks."""
    return "\n".join(line for line in text.splitlines() if not _STATE.fullmatch(line))
