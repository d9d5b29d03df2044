"""The core names no member of an open set, in its identifiers or texts: what it has of one comes by the index.

Import contracts see modules alone. Docstrings and comments may name a member as an example.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from netdsl.index import FILTERS, PARTS, TARGETS, TUNNELS

ROOT = Path(__file__).parents[2]
MEMBERS = {*TUNNELS, *PARTS, *FILTERS, *TARGETS, "charon", "swanctl", "ike", "esp", "ah"}
EXCEPTIONS: tuple[tuple[str, str, str], ...] = (
    ("esp", "**/*.py", "`--esp`, the verifier's public parameter: whether the kernel or user space has the policies"),
    ("ipsec", "cli/init_verb.py", "the lab that `init` writes"),
    ("compose", "cli/target_options.py", "help of options that one target alone has"),
    ("vagrant", "cli/target_options.py", "help of options that one target alone has"),
    ("socat", "payload/devices.py", "what devices of all kinds are in user space"),
    ("busybox", "payload/render.py", "the shell of the node's script"),
    ("busybox", "testing/flows.py", "every node has it, for the node's script"),
    ("gre", "semantics/resolve/interfaces.py", "devices that the kernel makes in every namespace"),
    ("gre", "semantics/resolve/namespace.py", "the names of the kernel's sysctls"),
    ("dnsmasq", "semantics/resolve/services.py", "words that users type for a kind of service"),
    ("nsd", "semantics/resolve/services.py", "words that users type for a kind of service"),
    ("unbound", "semantics/resolve/services.py", "words that users type for a kind of service"),
    ("socat", "semantics/resolve/services.py", "words that users type for a kind of service"),
    ("compose", "syntax/foreign_files.py", "whose files are taken for labs"),
    ("vagrant", "syntax/foreign_files.py", "whose files are taken for labs"),
    ("nftables", "syntax/foreign.py", "words that users type for a statement"),
)
"""A member, the modules of the core that name it, the reason."""

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def _texts(tree: ast.Module) -> Iterator[str]:
    """Identifiers, and strings that are no documentation."""
    nodes = list(ast.walk(tree))
    documentation = {id(one.value) for one in nodes if isinstance(one, ast.Expr)}
    for one in nodes:
        match one:
            case ast.Constant(value=str(text)) if id(one) not in documentation:
                yield text
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.keyword(arg=str(name)):
                yield name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.alias(name=name):
                yield name
            case ast.ImportFrom(module=str(name)):
                yield name
            case _:
                pass


def _named(path: Path) -> set[str]:
    """The members that a module names. Most modules have none of these words, and are not parsed."""
    source = path.read_text("utf-8")
    if MEMBERS.isdisjoint(map(str.lower, _WORD.findall(source))):
        return set()
    return {word.lower() for text in _texts(ast.parse(source)) for word in _WORD.findall(text)} & MEMBERS


def test_the_core_names_no_member_of_an_open_set() -> None:
    core = ROOT / "netdsl"
    modules = [path for path in core.rglob("*.py") if path.parents[1].name != "kinds" and path != core / "index.py"]
    named = {(member, path) for path in modules for member in _named(path)}
    excepted = [{(member, path) for path in core.glob(pattern)} for member, pattern, _ in EXCEPTIONS]
    assert named - set().union(*excepted) == set()
    assert [line for line, pairs in zip(EXCEPTIONS, excepted, strict=True) if not pairs & named] == []
