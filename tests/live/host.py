"""What the engine's host holds: seen from a container in its network, so that the tests need no rights there themselves."""

import json
import re
from collections import Counter
from dataclasses import dataclass

from tests.live.machine import Machine

_PASSING = re.compile(r"\b(counter packets) \d+ bytes \d+|\b(packets|bytes) \d+|\bexpires \d+sec|\blinkdown\b")
VIEWS = (
    "ip -o link show | sed 's/^[0-9]*: //; s/:.* \\(master [^ ]*\\).*/ \\1/; s/:.*//'",
    "ip -o address show | awk '{print $2, $3, $4}'",
    "ip -4 route show table all",
    "ip -6 route show table all",
    "nft list ruleset",
    "ip -4 rule; ip -6 rule",
)


@dataclass(frozen=True, slots=True)
class Host:
    """Lines by what they are about; two are compared by `added`."""

    lines: Counter[str]

    def added_since(self, before: "Host") -> list[str]:
        """What is here and was not before."""
        return sorted((self.lines - before.lines).elements())


def look_at_host(machine: Machine, image: str, project: str) -> Host:
    """Containers, networks, volumes, interfaces, addresses, routes, rules and the packet filter.

    Somebody else may use the engine meanwhile: what names another project's network is left out.
    """
    lines: list[str] = []
    lines += (f"node {line}" for line in _owned(machine, "container", project, "{{.ID}} {{.Names}}", "ls", "-a"))
    networks = _owned(machine, "network", project, "{{.ID}} {{.Name}}", "ls")
    lines += (f"network {line}" for line in networks)
    lines += (f"volume {line}" for line in _owned(machine, "volume", project, "{{.Name}}", "ls"))
    others = _names_of_others(machine, project)
    words = ("docker", "run", "--rm", "--network", "host", "--cap-drop", "ALL", "--cap-add", "NET_ADMIN")
    views = _inside(machine, words, image)
    others |= {line.split("@")[0] for line in views[0] if any(f"master {name}" in line for name in others)}
    for number, view in enumerate(views):
        lines += (f"{number} {line}" for line in view if not any(name in line for name in others))
    return Host(Counter(lines))


def _inside(machine: Machine, words: tuple[str, ...], image: str) -> list[list[str]]:
    script = "\necho ----\n".join(VIEWS)
    text = machine.say(*words, "--entrypoint", "sh", image, "-c", script)
    return [settled(part) for part in text.split("----\n")]


def settled(text: str) -> list[str]:
    """The lines of a view, without what changes by itself."""
    return [" ".join(_PASSING.sub("", line).split()) for line in text.splitlines() if line.strip()]


def _owned(machine: Machine, kind: str, mine: str, form: str, *verb: str) -> list[str]:
    """What belongs to this project, or to none."""
    label = '{{.Label "com.docker.compose.project"}}'
    text = machine.say("docker", kind, *verb, "--format", f"{label}|{form}")
    pairs = [line.split("|", 1) for line in text.splitlines()]
    return [line for project, line in pairs if project in ("", mine)]


def _names_of_others(machine: Machine, mine: str) -> set[str]:
    """The names of devices that belong to networks of other projects."""
    names: set[str] = set()
    text = machine.say(
        "docker", "network", "ls", "--no-trunc", "--format", '{{.ID}} {{.Label "com.docker.compose.project"}}'
    )
    for line in text.splitlines():
        identity, _, project = line.partition(" ")
        if project not in ("", mine):
            names |= {f"br-{identity[:12]}", f"dm-{identity[:12]}"}
            options = machine.say("docker", "network", "inspect", "--format", "{{json .Options}}", identity)
            parent = (json.loads(options) or {}).get("parent")
            names |= {parent} if parent else set()
    return names
