"""Reading a Vagrantfile of ours back, by the one form that it may have: what Netdsl::Lab is told, and nothing else.

The grammar is a part of Ruby's; tests/conformance asks Ruby itself about the same files.
"""

import re
from dataclasses import dataclass

Value = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Machine:
    name: str
    settings: dict[str, Value]
    nics: tuple[tuple[str, dict[str, Value]], ...]


@dataclass(frozen=True, slots=True)
class Vagrantfile:
    lab: str  # in the comment, for people
    settings: dict[str, Value]
    segments: tuple[tuple[str, dict[str, Value]], ...]
    machines: tuple[Machine, ...]


_LITERAL = r"'(?:[^'\\\n]|\\['\\])*'|\"(?:[^\"\\\n#]|\\u\{[0-9a-f]+\}|\\x[0-9a-f]{2})*\"|\d+|true|false|nil"
_PAIRS = rf"\w+: (?:{_LITERAL})(?:,\s+\w+: (?:{_LITERAL}))*"
_HEAD = re.compile(
    r"# Made by netdsl from the lab \"([\w .-]*)\"\. Start it with `vagrant up`, take it away with `vagrant destroy -f`\.\n"
    r"require_relative 'machine/netdsl'\n\n"
    r"Vagrant\.configure\('2'\) do \|config\|\n"
    rf"  lab = Netdsl::Lab\.new\(config,\n    ({_PAIRS})\)\n"
)
_SEGMENT = re.compile(rf"  lab\.segment ({_LITERAL}), ({_PAIRS})\n")
_MACHINE = re.compile(rf"  lab\.machine ({_LITERAL}), ({_PAIRS}) do \|m\|\n((?:    m\.nic [^\n]*\n)*)  end\n")
_NIC = re.compile(rf"    m\.nic ({_LITERAL}), ({_PAIRS})\n")
_PAIR = re.compile(rf"(\w+): ({_LITERAL})")
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}|\\x([0-9a-f]{2})")


def read(text: str) -> Vagrantfile:
    """The file's calls. Fails where anything else stands in it, or a name twice."""
    head = _HEAD.match(text)
    assert head is not None, text[:400]
    rest = text[head.end() :].replace("\n\n", "\n")
    segments, machines = [], []
    at = 1 if rest.startswith("\n") else 0
    while match := _SEGMENT.match(rest, at):
        segments.append((_text(match[1]), _pairs(match[2])))
        at = match.end()
    while match := _MACHINE.match(rest, at):
        nics = tuple((_text(nic[1]), _pairs(nic[2])) for nic in _NIC.finditer(match[3]))
        assert len(nics) == match[3].count("\n")
        machines.append(Machine(_text(match[1]), _pairs(match[2]), nics))
        at = match.end()
    assert rest[at:] == "end\n", rest[at : at + 200]
    assert len({machine.name for machine in machines}) == len(machines)
    return Vagrantfile(head[1], _pairs(head[2]), tuple(segments), tuple(machines))


def value(literal: str) -> Value:
    """What Ruby makes of a literal of the form that we write."""
    if literal in ("true", "false", "nil"):
        return {"true": True, "false": False, "nil": None}[literal]
    if literal[0] == "'":
        return re.sub(r"\\(.)", r"\1", literal[1:-1])
    if literal[0] == '"':
        return _ESCAPED.sub(lambda m: chr(int(m[1], 16) if m[1] else int(m[2], 16) + 0xDC00), literal[1:-1])
    return int(literal)


def _text(literal: str) -> str:
    found = value(literal)
    assert isinstance(found, str)
    return found


def _pairs(text: str) -> dict[str, Value]:
    found = {name: value(literal) for name, literal in _PAIR.findall(text)}
    assert len(found) == len(_PAIR.findall(text))
    return found
