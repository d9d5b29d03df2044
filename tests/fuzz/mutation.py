"""Mutated sources: the project's own labs with words, literals, lines and blocks lost, doubled, swapped, made up.

Most of what is done here leaves the syntax whole (a literal becomes another of its kind, a line moves between braces), so
that most of a run goes on past the parser.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[2]
SITE = (ROOT / "examples" / "two-files" / "site.net").read_bytes()

_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|\$\{[^}\n]*\}|\#[^\n]*|[\w.:/*$-]+|\s+|.')
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("string", re.compile(r'".*"')),
    ("expression", re.compile(r"\$\{.*\}|.*\$.*")),
    ("prefix", re.compile(r"[\da-fA-F.:]+/\d+")),
    ("number", re.compile(r"-?\d+")),
    ("range", re.compile(r"\d+\.\.\d+")),
    ("address", re.compile(r"[.\d]*\.\d+|[\da-fA-F]*:[\da-fA-F:]*")),
    ("service", re.compile(r"(?:tcp|udp|icmp|sctp)/\S+")),
    ("quantity", re.compile(r"\d+(?:\.\d+)?[a-zA-Z%]+|\d+/\w+")),
    ("word", re.compile(r"[A-Za-z_*][\w.*-]*")),
)
KEYWORDS = frozenset(
    [
        "lab",
        "param",
        "let",
        "for",
        "in",
        "if",
        "else",
        "import",
        "as",
        "template",
        "use",
        "network",
        "link",
        "host",
        "router",
        "switch",
        "interface",
        "on",
        "route",
        "default",
        "via",
        "routing",
        "auto",
        "uplink",
        "nat",
        "serve",
        "file",
        "from",
        "run",
        "env",
        "sysctl",
        "image",
        "record",
        "firewall",
        "policy",
        "accept",
        "drop",
        "reject",
        "input",
        "output",
        "forward",
        "dnat",
        "snat",
        "masquerade",
        "netmap",
        "stateless",
        "state",
        "flags",
        "without",
        "out",
        "to",
        "through",
        "except",
        "limit",
        "log",
        "while",
        "up",
        "down",
        "ipsec",
        "between",
        "and",
        "protecting",
        "gateway",
        "client",
        "auth",
        "certificate",
        "psk",
        "identity",
        "secret",
        "for",
        "ike",
        "esp",
        "ah",
        "over",
        "start",
        "at",
        "boot",
        "traffic",
        "by",
        "hand",
        "dpd",
        "rekey",
        "pool",
        "child",
        "mode",
        "pki",
        "expect",
        "reach",
        "reaches",
        "cannot",
        "is",
        "are",
        "encrypted",
        "answered",
        "resolves",
        "uses",
        "begun",
        "behind",
        "encapsulated",
        "compressed",
        "has",
    ]
)
EXTREMES: dict[str, tuple[str, ...]] = {
    "number": ("0", "-1", "1", "255", "256", "65535", "65536", "4294967296", "18446744073709551616", "9" * 40),
    "range": ("1..1", "5..1", "0..0", "1..300", "1..99999999", "-3..3"),
    "prefix": ("0.0.0.0/0", "::/0", "10.0.0.0/31", "10.0.0.0/32", "fc00::/127", "fc00::/128", "10.0.0.1/8",
    "224.0.0.0/4",
               "127.0.0.0/8", "169.254.0.0/16", "fe80::/64", "ff00::/8", "::ffff:0:0/96", "999.0.0.0/8", "10.0.0.0/99"),
    "address": (".0", ".255", ".256", ".0.0.0.1", "::", "::1", "::ffff:1.2.3.4", "0.0.0.0", "255.255.255.255",
    ".1.2.3.4.5"),
    "service": ("tcp/0", "tcp/65536", "udp/9-1", "icmp/echo-request", "icmp/300", "foo/1", "sctp/1", "tcp/1-65535"),
    "quantity": ("0s", "0.5", "99999999999h", "1ms", "0%", "100%", "101%", "1/s", "0/s", "4294967296/h", "1B",
    "1GiB", "9d"),
    "expression": ("$x", "${1 / 0}", "${1 % 0}", "${host(10.0.0.0/8, 99999999999)}", "${subnet(10.0.0.0/8, 33, 0)}",
                   "${pick(x, 0)}", "${len(1)}", "${hash(1)}", "${-1}", "${9999999 * 9999999 * 99999999}", "${nothing}",
                   "${host(range, 1)}", "a$x.b", "1..$x", "${if(1, 2, 3)}", "${'", "${((((1))))}", "${not 1}"),
    "string": ('""', '"a\\nb"', '"\\""', '"$x"', '"${1 + 1}"', '"$$"', '"\\$HOME"', '"; }"', '"../../x"', '"ä€😀"',
               '"' + "x" * 400 + '"', '"C=FIN"', '"CN="', '"=,="', '"@a"', '"%any"', '"a@b@c"', '"#"', '"\\t"',
               '"\\u{202e}"'),
    "word": ("*", "a.*", "*.*", "all", "lo", "default", "mgmt", "uplink", "ipsec", "ipsec0", "a.b.c.d", "x-", "a--b",
             "A", "_", "w" * 80, "tcp", "yes", "no", "none", "localhost", "xn--a"),
}  # fmt: skip
JUNK = (
    *'{}()[];,"#$\\=<>-:/*.%\n\t\0\u202e\u00a0\r',
    "${",
    "..",
    "->",
    "--",
    "and",
    "else",
    "}\n}",
    "\r\n",
    "\ufeff",
    "\u2028",
)


def corpus() -> tuple[str, ...]:
    """The sources that mutation starts from: examples, tests' labs, the pages' good examples."""
    files = [*ROOT.glob("examples/*/*.net"), *ROOT.glob("tests/syntax/data/*.net")]
    texts = [path.read_text(encoding="utf-8") for path in sorted(files)]
    fence = re.compile(r"^```netdsl good\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    for page in sorted(ROOT.glob("netdsl/**/pages/*.md")):
        texts += fence.findall(page.read_text(encoding="utf-8"))
    return tuple(texts)


def kind_of(token: str) -> str | None:
    """The kind of a literal or a word, None for what stands between them."""
    if token in KEYWORDS:
        return None
    return next((kind for kind, pattern in _KINDS if pattern.fullmatch(token)), None)


class Mutator:
    """Draws mutated sources from a corpus; the same seed draws the same sources."""

    def __init__(self, texts: Sequence[str], seed: int) -> None:
        self._random = Random(seed)
        self._texts = texts
        self._large = [text for text in texts if text.count("\n") > 20]
        self._lines = [line for text in texts for line in text.split("\n") if _is_whole(line)]
        self._literals: dict[str, list[str]] = {kind: list(values) for kind, values in EXTREMES.items()}
        for text in texts:
            for token in _TOKEN.findall(text):
                kind = kind_of(token)
                if kind is not None:
                    self._literals.setdefault(kind, []).append(token)

    def draw(self) -> str:
        """One source, with one to three mutations."""
        random = self._random
        text = random.choice(self._large if random.random() < 0.6 else self._texts)
        for _ in range(random.choice((1, 1, 1, 1, 2, 2, 3))):
            roll = random.random()
            if roll < 0.45:
                text = self._other_literal(text)
            elif roll < 0.85:
                text = self._lines_moved(text)
            elif roll < 0.93:
                text = self._renamed(text)
            else:
                text = self._broken(text)
        return text

    def _other_literal(self, text: str) -> str:
        tokens = _TOKEN.findall(text)
        places = [(at, kind) for at, token in enumerate(tokens) if (kind := kind_of(token)) is not None]
        if not places:
            return text
        at, kind = self._random.choice(places)
        roll = self._random.random()
        if roll < 0.5 and kind in EXTREMES:
            tokens[at] = self._random.choice(EXTREMES[kind])
        elif roll < 0.8:
            tokens[at] = self._random.choice(self._literals[kind])
        elif roll < 0.95:
            same = [other for other, its in places if its == kind]
            other = self._random.choice(same)
            tokens[at], tokens[other] = tokens[other], tokens[at]
        else:
            tokens[at] = self._random.choice(self._literals[self._random.choice(list(EXTREMES))])
        return "".join(tokens)

    def _lines_moved(self, text: str) -> str:
        lines = text.split("\n")
        whole = [at for at, line in enumerate(lines) if _is_whole(line)]
        if not whole:
            return text
        at = self._random.choice(whole)
        match self._random.choice(("lose", "double", "swap", "splice", "splice", "move", "block", "lose block")):
            case "lose":
                del lines[at]
            case "double":
                lines.insert(at, lines[at])
            case "swap":
                other = self._random.choice(whole)
                lines[at], lines[other] = lines[other], lines[at]
            case "move":
                line = lines.pop(at)
                lines.insert(self._random.randrange(len(lines) + 1), line)
            case "splice":
                lines.insert(at, self._random.choice(self._lines))
            case "block":
                start, end = self._block(lines, at)
                lines[end:end] = lines[start:end]
            case _:
                start, end = self._block(lines, at)
                del lines[start:end]
        return "\n".join(lines)

    def _block(self, lines: list[str], near: int) -> tuple[int, int]:
        """From the block's first line that begins near a line, to behind its closing brace."""
        for start in range(near, max(-1, near - 40), -1):
            if not lines[start].rstrip().endswith("{"):
                continue
            depth = 0
            for end in range(start, len(lines)):
                depth += lines[end].count("{") - lines[end].count("}")
                if depth <= 0:
                    return start, end + 1
        return near, near + 1

    def _renamed(self, text: str) -> str:
        names = sorted({token for token in _TOKEN.findall(text) if kind_of(token) == "word" and len(token) > 1})
        if not names:
            return text
        old = self._random.choice(names)
        new = self._random.choice([*names, *EXTREMES["word"]])
        return re.sub(rf"(?<![\w-]){re.escape(old)}(?![\w-])", lambda _: new, text)

    def _broken(self, text: str) -> str:
        tokens = _TOKEN.findall(text)
        at = self._random.randrange(max(1, len(tokens)))
        match self._random.choice(("lose", "double", "junk", "lose many", "cut")):
            case "lose":
                tokens[at : at + 1] = []
            case "double":
                tokens[at:at] = tokens[at : at + 3]
            case "junk":
                tokens.insert(at, self._random.choice(JUNK))
            case "lose many":
                tokens[at : at + 12] = []
            case _:
                del tokens[at:]
        return "".join(tokens)


def _is_whole(line: str) -> bool:
    return bool(line.strip()) and line.count("{") == line.count("}") and not line.lstrip().startswith(("#", "and "))
