"""A lab's source as lines and blocks, so that edits can take it apart: each statement stands on a line of its own."""

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random

_PREFIX = re.compile(r"\d+\.\d+\.\d+\.\d+/\d+")
NODES = ("host", "router", "switch")


@dataclass(slots=True)
class Line:
    """`text`: without indentation and brace; `body`: the lines of a block, None where it is no block."""

    text: str
    body: "list[Line] | None" = None

    @property
    def word(self) -> str:
        return self.text.split()[0]

    @property
    def name(self) -> str:
        """The second word: what a node, a network, an interface is called."""
        return self.text.split()[1]

    def of(self, *words: str) -> "list[Line]":
        """The lines of the block that begin so."""
        return [line for line in self.body or () if line.word in words]

    def all_lines(self) -> "Iterator[Line]":
        """Itself, and all inside."""
        yield self
        for line in self.body or ():
            yield from line.all_lines()

    def mentions(self, name: str) -> bool:
        """Also as the scope of a path (`gw.wan`), not as a part of another name."""
        return any(whole(name).search(line.text) for line in self.all_lines())

    def written(self, indent: str = "") -> Iterator[str]:
        if self.body is None:
            yield f"{indent}{self.text}"
            return
        yield f"{indent}{self.text} {{"
        for line in self.body:
            yield from line.written(indent + "  ")
        yield f"{indent}}}"


def whole(name: str) -> re.Pattern[str]:
    """A name as a whole word: not `gw-a` in `gw-a-2`, nor `pc` in `/etc/pc`."""
    return re.compile(rf"(?<![\w/-]){re.escape(name)}(?![\w-])")


@dataclass(slots=True)
class Source:
    """`files`: what lies beside the source, by name; `count`: of names given so far, none of which is given again."""

    lines: list[Line]
    files: dict[str, str] = field(default_factory=dict)
    count: int = 0

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for one in self.lines for line in one.written())

    def of(self, *words: str) -> list[Line]:
        return [line for line in self.lines if line.word in words]

    @property
    def nodes(self) -> list[Line]:
        return self.of(*NODES)

    @property
    def networks(self) -> list[Line]:
        """Those that have an IPv4 prefix of their own."""
        return [line for line in self.of("network") if _PREFIX.search(line.text)]

    @property
    def tunnels(self) -> list[Line]:
        return self.of("ipsec", "tunnel")

    def on(self, network: Line) -> list[Line]:
        """The nodes with an interface there."""
        return [node for node in self.nodes if any(network_of(port) == network.name for port in ports(node))]

    def routers_on(self, network: Line) -> list[Line]:
        return [node for node in self.on(network) if node.word == "router"]

    def new_name(self, stem: str) -> str:
        self.count += 1
        return f"{stem}{self.count}"

    def insert(self, line: Line) -> None:
        """Behind the last line with its first word, or last of all."""
        places = [number for number, one in enumerate(self.lines) if one.word == line.word]
        self.lines.insert(places[-1] + 1 if places else len(self.lines), line)

    def rename(self, old: str, new: str) -> None:
        """Wherever the name stands as a word."""
        for one in self.lines:
            for line in one.all_lines():
                line.text = whole(old).sub(new, line.text)

    def forget(self, name: str) -> None:
        """Take out every statement that mentions the name; blocks of the file's own whole."""
        self.lines = [line for line in self.lines if not whole(name).search(line.text)]
        for line in list(self.lines):
            if line.word in ("ipsec", "tunnel"):
                if line.mentions(name):
                    self.lines.remove(line)
            else:
                _strip(line, name)

    def copy(self) -> "Source":
        return deepcopy(self)


def _strip(block: Line, name: str) -> None:
    if block.body is None:
        return
    block.body = [line for line in block.body if not whole(name).search(line.text)]
    for line in block.body:
        _strip(line, name)


def ports(node: Line) -> list[Line]:
    """Its interfaces on networks."""
    return [line for line in node.of("interface") if network_of(line)]


def network_of(port: Line) -> str:
    """Of an `interface` line; empty where it names none."""
    words = port.text.split()
    return words[words.index("on") + 1] if "on" in words else ""


def port_name(port: Line) -> str:
    words = port.text.split()
    return words[1] if words[1] != "on" else words[2]


def prefix_of(network: Line) -> str:
    """Its IPv4 prefix."""
    found = _PREFIX.search(network.text)
    assert found is not None, network.text
    return found[0]


def parse(text: str) -> list[Line]:
    """Statements of a line each, blocks over several lines, `}` alone or before the next block of an `if`."""
    top: list[Line] = []
    open_blocks = [top]
    for line in _joined(text):
        if line == "}":
            open_blocks.pop()
        elif line.endswith("{"):
            block = Line(line.removesuffix("{").strip(), [])
            open_blocks[-1].append(block)
            assert block.body is not None
            open_blocks.append(block.body)
        else:
            open_blocks[-1].append(Line(line))
    assert len(open_blocks) == 1, "a block has no end"
    return top


def _joined(text: str) -> Iterator[str]:
    """Lines without comments and empty ones; those that go on in the next one, with it."""
    kept = ""
    for line in text.splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if kept and not line.startswith(("and ", "or ")):
            yield kept
            kept = ""
        kept = f"{kept} {line}".strip()
    if kept:
        yield kept


def some_line(rng: Random, lines: list[Line]) -> Line | None:
    return rng.choice(lines) if lines else None
