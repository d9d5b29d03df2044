"""The commands that run inside machines as root, as argument lists, and the evaluation of their output."""

from collections.abc import Sequence

from netdsl.dataclass import dataclass
from netdsl.payload.contract import OWN_RIGHTS
from netdsl.runtime.driver import NodeState
from netdsl.runtime.inside import READY, STARTING, word_of
from netdsl.runtime.recording import SNAPPED

UNIT = "netdsl.service"
_NODE = "/netdsl/lab/node.sh"
_GOING = ("active", "activating", "reloading")

_STATUS = f"systemctl is-active {UNIT}; exec sh {_NODE} status"
# `timeout`: the script counts rounds, each of which takes longer on an emulated processor. A unit that is inactive while
# the machine still boots counts as activating. The script ends with 3 where the node does not get ready any more.
_READY = (
    f'timeout "$1" sh {_NODE} ready "$1" >/dev/null && exit 0; reason=$(sh {_NODE} ready) && exit 0; final=$?; '
    f"unit=$(systemctl is-active {UNIT}); system=$(systemctl is-system-running); "
    "case $unit/$system in inactive/initializing | inactive/starting) unit=activating ;; esac; "
    "[ $final -ne 3 ] || unit=final; "
    'printf "%s\\n%s\\n" "$unit" "$reason"; exit 1'
)
# ssh without a terminal does not pass Ctrl-C on, so the command is ended when its (unused) standard input is closed.
_WATCHED = (
    'exec 3<&0; "$@" </dev/null 3<&- & child=$!; { cat <&3; kill "$child"; } >/dev/null 2>&1 & watch=$!; '
    '{ wait "$child"; } 2>/dev/null; status=$?; kill "$watch" 2>/dev/null; exit "$status"'
)

# Where the root is read-only it is so for the unit, in a mount namespace of its own.
_INSIDE = (
    f"pid=$(systemctl show --property MainPID --value {UNIT}); "
    f'[ "${{pid:-0}}" -gt 0 ] || {{ echo "{UNIT} has ended: only --admin enters" >&2; exit 1; }}; '
    'exec nsenter --mount --target "$pid" -- "$@"'
)

STATUS = ("sh", "-c", _STATUS)
SHELL = ("sh", "-c", "cd /; exec $(command -v bash || command -v sh)")


@dataclass(frozen=True, slots=True)
class Readiness:
    """The result of `ready_command`. `is_final`: the node will not become ready any more."""

    is_ready: bool
    is_final: bool
    reason: str = ""


def ready_command(seconds: int) -> tuple[str, ...]:
    """The command that waits in the machine until the node is ready, at most so many seconds."""
    return "sh", "-c", _READY, "sh", str(seconds)


def inside_command(command: Sequence[str]) -> tuple[str, ...]:
    """The command with the rights of the node's own processes, and what they see of its files."""
    return "sh", "-c", _INSIDE, "sh", *OWN_RIGHTS, *command


def logs_command(*, follow: bool) -> tuple[str, ...]:
    words = ("journalctl", "--unit", UNIT, "--no-pager", "--output", "cat", "--lines", "all")
    return _watched(*words, "--follow") if follow else words


def last_log_command(lines: int) -> tuple[str, ...]:
    return "journalctl", "--unit", UNIT, "--no-pager", "--output", "cat", "--lines", str(lines)


def capture_command(interface: str, *, is_text: bool, count: int | None) -> tuple[str, ...]:
    """tcpdump to its standard output: text, or unbuffered pcap."""
    words = ["tcpdump", "-p", "-Z", "root", "-i", interface, "--immediate-mode"]
    words += ["-c", str(count)] if count else []
    return _watched(*words, *(("-l", "-n") if is_text else ("-U", "-w", "-")))


def recording_command(interface: str) -> tuple[str, ...]:
    """tcpdump until its standard input is closed."""
    words = ("tcpdump", "-p", "-Z", "root", "-i", interface, "--immediate-mode", *SNAPPED, "-U", "-w", "-")
    return _watched(*words)


def readiness(status: int, output: str) -> Readiness:
    """The readiness by the result of `ready_command`."""
    if status == 0:
        return Readiness(is_ready=True, is_final=True)
    unit, _, reason = output.strip().partition("\n")
    reason = reason.strip().replace("\n", "; ") or f"{UNIT} is {unit or 'missing'}"
    return Readiness(is_ready=False, is_final=unit not in _GOING, reason=reason)


def node_state(node: str, output: str) -> NodeState:
    """The state by the output of STATUS: the unit's state, then the lines of `node.sh status`."""
    unit, *lines = output.splitlines() or [""]
    word = word_of(lines)
    if word is None:
        return NodeState(node, "running", "not ready", reason="it is not set up")
    if unit not in _GOING:
        reason = word if word not in (READY, STARTING) else f"{UNIT} is {unit}"
        return NodeState(node, "running", "not ready", tuple(lines), reason)
    if word == READY:
        return NodeState(node, "running", READY, tuple(lines))
    return NodeState(node, "running", "starting" if word == STARTING else "not ready", tuple(lines), word)


def _watched(*command: str) -> tuple[str, ...]:
    return "sh", "-c", _WATCHED, "sh", *command


def prefixed(nodes: Sequence[str]) -> dict[str, str]:
    """The prefix of each line in the logs of several nodes."""
    width = max(map(len, nodes), default=0)
    return {node: f"{node:{width}}  | " for node in nodes}
