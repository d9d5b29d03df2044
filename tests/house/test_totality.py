"""A table by the members of an enumeration has all of them: a new member that a table lacks is found here.

Where a table would be too large for that, `match` with `assert_never` makes it a type error.
"""

import ast
import pkgutil
from enum import Enum
from importlib import import_module
from pathlib import Path
from types import ModuleType

import backends
import netdsl

ROOT = Path(__file__).parents[2]
PARTIAL = {
    "netdsl.backends.strongswan.secrets._SECTIONS": "methods of authentication that have a secret",
    "netdsl.semantics.placement._BELONGS": "levels that a statement can be too deep for",
    "netdsl.semantics.rules.filters.WITHOUT": "chains whose packets lack an interface",
    "netdsl.verify.near._CHAINS": "hooks that have a chain of the firewall",
    "netdsl.packets.walk._DECISIONS": "outcomes that the last step decides",
}
"""Tables that hold for some members, with which."""


def _modules(package: ModuleType, name: str) -> list[ModuleType]:
    found = pkgutil.walk_packages(package.__path__, f"{name}.")
    return [import_module(one.name) for one in found if not one.name.startswith("netdsl.report")]


def _members_of(value: object) -> type[Enum] | None:
    """The enumeration whose members, several of them, are the keys of a table."""
    kinds = {type(key) for key in value} if isinstance(value, dict) and len(value) > 1 else set()
    kind = kinds.pop() if len(kinds) == 1 else None
    return kind if kind is not None and issubclass(kind, Enum) else None


def test_a_table_by_members_has_every_member() -> None:
    seen, missing = 0, {}
    for module in (*_modules(netdsl, "netdsl"), *_modules(backends, "netdsl.backends")):
        for name, value in vars(module).items():
            members = _members_of(value)
            path = f"{module.__name__}.{name}"
            if members is not None and path not in PARTIAL:
                seen += 1
                missing[path] = sorted(str(member) for member in set(members) - value.keys())
    assert seen > 10
    assert {path: members for path, members in missing.items() if members} == {}


def test_no_comparison_asks_for_one_kind_of_node() -> None:
    """For a new kind it would be false without a word. A property of the kind, or a `match`, makes it a type error."""
    found = [
        f"{path.relative_to(ROOT)}:{compared.lineno}"
        for folder in ("netdsl", "backends")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "NodeKind" in (text := path.read_text(encoding="utf-8"))
        for compared in ast.walk(ast.parse(text))
        if isinstance(compared, ast.Compare) and "NodeKind." in ast.unparse(compared)
    ]
    assert found == []
