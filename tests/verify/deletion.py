"""Every statement of a lab deleted in turn, and what the compiler says to it."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass

from netdsl.diagnostics.core import Diagnostic, Diagnostics
from netdsl.ir.ids import TunnelId
from netdsl.ir.lab import Lab
from netdsl.ir.service import PortService
from netdsl.pipeline.analysis import Checked, check_text
from netdsl.source import SourceFile, Span
from netdsl.syntax.parser import parse
from netdsl.syntax.tree import Body, Expect
from netdsl.verify import World, matrix


@dataclass(frozen=True, slots=True)
class Deletion:
    """A statement by its heads from the outermost block (`router gw-s > use hardening`), and the lab without it."""

    line: int
    path: str
    without: Checked

    @property
    def findings(self) -> tuple[Diagnostic, ...]:
        return tuple(self.without.diagnostics)


def deletions(name: str, text: str) -> Iterator[Deletion]:
    """Blocks as wholes, and each statement within. `expect` blocks stay: to expect less is no fault."""
    document = parse(SourceFile(f"{name}.net", text), Diagnostics())
    for path, span in _statements(document.statements, ""):
        line, _ = span.source.position(span.start)
        yield Deletion(line, path, check_text((text[: span.start] + text[span.end :]).encode()))


def _statements(statements: tuple[object, ...], outside: str) -> Iterator[tuple[str, Span]]:
    for statement in statements:
        if isinstance(statement, Expect):
            continue
        span = getattr(statement, "span", None)
        assert isinstance(span, Span), "every statement has one"
        path = f"{outside}{_head(span)}"
        yield path, span
        for body in _bodies(statement):
            yield from _statements(body.statements, f"{path} > ")


def _head(span: Span) -> str:
    first = span.text.splitlines()[0]
    return " ".join(first.partition("#")[0].removesuffix("{").split())


def _bodies(statement: object) -> Iterator[Body]:
    """Those of a statement's own blocks; `else` is one of them."""
    if not is_dataclass(statement):
        return
    for field in fields(statement):
        value = getattr(statement, field.name)
        if isinstance(value, Body):
            yield value


# --- what a lab does, without what it is called


def flows(lab: Lab) -> list[tuple[object, ...]]:
    """Every node to every address of every other by a ping and each port that the lab serves, usually and while each of
    the tunnels is down: who answers, or that nobody does (where it ends then is left out)."""
    services: set[PortService | None] = {each.service for node in lab.nodes for each in node.services}
    tunnels = sorted({end.tunnel for node in lab.nodes for end in node.tunnels})
    states: list[frozenset[TunnelId]] = [frozenset(), *(frozenset({tunnel}) for tunnel in tunnels)]
    return [
        (sorted(held), str(service), cell.source, cell.address, cell.reason if cell.passes else "", cell.is_encrypted)
        for held in states
        for service in sorted(services | {None}, key=str)
        for cell in matrix(World(lab, held=held), service)
    ]
