"""What the engine's host holds: seen from a container in its network, so that the tests need no rights there themselves."""

import json
import re
from collections import Counter
from dataclasses import dataclass

from tests.live.lab import say

_COUNTED = re.compile(r"\b(counter packets) \d+ bytes \d+|\b(packets|bytes) \d+")
_VIEWS = (
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


def look_at_host(image: str, projects: frozenset[str]) -> Host:
    """Containers, networks, volumes, interfaces, addresses, routes, rules and the packet filter.

    Somebody else may use the engine meanwhile: what names a network that no project of `projects` has is left out.
    """
    lines: list[str] = []
    lines += (f"container {line}" for line in _owned("container", projects, "{{.ID}} {{.Names}}", "ls", "-a"))
    networks = _owned("network", projects, "{{.ID}} {{.Name}}", "ls")
    lines += (f"network {line}" for line in networks)
    lines += (f"volume {line}" for line in _owned("volume", projects, "{{.Name}}", "ls"))
    others = _names_of_others(projects)
    words = ("docker", "run", "--rm", "--network", "host", "--cap-drop", "ALL", "--cap-add", "NET_ADMIN")
    views = _inside(words, image)
    others |= {line.split("@")[0] for line in views[0] if any(f"master {name}" in line for name in others)}
    for number, view in enumerate(views):
        lines += (f"{number} {line}" for line in view if not any(name in line for name in others))
    return Host(Counter(lines))


def _inside(words: tuple[str, ...], image: str) -> list[list[str]]:
    script = "\necho ----\n".join(_VIEWS)
    text = say(*words, "--entrypoint", "sh", image, "-c", script)
    return [
        [_COUNTED.sub("", line).strip() for line in part.splitlines() if line.strip()] for part in text.split("----\n")
    ]


def _owned(kind: str, projects: frozenset[str], form: str, *verb: str) -> list[str]:
    """What belongs to these projects, or to none."""
    label = '{{.Label "com.docker.compose.project"}}'
    text = say("docker", kind, *verb, "--format", f"{label}|{form}")
    pairs = [line.split("|", 1) for line in text.splitlines()]
    return [line for project, line in pairs if not project or project in projects]


def _names_of_others(projects: frozenset[str]) -> set[str]:
    """The names of devices that belong to networks of other projects."""
    names: set[str] = set()
    text = say("docker", "network", "ls", "--no-trunc", "--format", '{{.ID}} {{.Label "com.docker.compose.project"}}')
    for line in text.splitlines():
        identity, _, project = line.partition(" ")
        if project and project not in projects:
            names |= {f"br-{identity[:12]}", f"dm-{identity[:12]}"}
            options = say("docker", "network", "inspect", "--format", "{{json .Options}}", identity)
            parent = (json.loads(options) or {}).get("parent")
            names |= {parent} if parent else set()
    return names
