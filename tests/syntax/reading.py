"""Reading short sources in tests."""

from pathlib import Path

from netdsl.diagnostics.core import Diagnostic, Diagnostics
from netdsl.source import SourceFile
from netdsl.syntax.parser import parse
from netdsl.syntax.tree import Document, Statement

DATA = Path(__file__).parent / "data"
LABS = sorted(DATA.glob("*.net"))


def read(text: str) -> tuple[Document, list[Diagnostic]]:
    diagnostics = Diagnostics()
    return parse(SourceFile("x.net", text), diagnostics), list(diagnostics)


def statements(text: str) -> tuple[Statement, ...]:
    """The statements of a source that has no mistake."""
    document, found = read(text)
    assert found == []
    return document.statements


def statement(text: str) -> Statement:
    (only,) = statements(text)
    return only


def places(text: str) -> list[str]:
    """What is said of a source: `line:column code`."""
    _, found = read(text)
    return [f"{str(item.primary.place).removeprefix('x.net:')} {item.rule.code}" for item in found]


def said(text: str) -> list[str]:
    """The messages, each with its help behind a bar."""
    _, found = read(text)
    return [item.message + (f" | {item.help}" if item.help else "") for item in found]
