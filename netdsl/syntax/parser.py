"""Source text to syntax tree."""

from functools import cache
from threading import Lock
from typing import NamedTuple

from lark import Lark

from netdsl.diagnostics.core import Diagnostics
from netdsl.source import SourceFile
from netdsl.syntax.build import builder
from netdsl.syntax.build.values import BaseBuilder
from netdsl.syntax.foreign_files import is_foreign
from netdsl.syntax.grammar import file_parser
from netdsl.syntax.recovery import Recovery
from netdsl.syntax.scan import is_nested_too_deep, without_forbidden
from netdsl.syntax.tree import Document
from netdsl.syntax.vocabulary import Vocabulary


class _Reader(NamedTuple):
    """The loaded grammar with the builder that lark calls while it reads: one file at a time."""

    lark: Lark
    builder: BaseBuilder
    vocabulary: Vocabulary
    lock: Lock


@cache
def _reader() -> _Reader:
    made = builder()
    lark = file_parser(made)
    state = lark.parse_interactive("").parser_state
    statement_start = state.parse_conf.states[state.position].keys()
    return _Reader(lark, made, Vocabulary(lark.terminals, statement_start), Lock())


def parse(source: SourceFile, diagnostics: Diagnostics) -> Document:
    """The tree of a file. Every syntax error is reported, one for a line; the tree holds what could be read.

    Takes any text, in time linear in its length. Whether the statements belong where they stand, and whether literals
    have possible values, is not looked at.
    """
    text, muted_lines = without_forbidden(source, diagnostics)
    if is_foreign(source, text, diagnostics) or is_nested_too_deep(source, text, diagnostics):
        return Document(source, ())
    reader = _reader()
    recovery = Recovery(source, text, muted_lines, reader.vocabulary, diagnostics)
    with reader.lock:
        reader.builder.begin(source, diagnostics)
        return recovery.run(reader.lark.parse_interactive(text))
