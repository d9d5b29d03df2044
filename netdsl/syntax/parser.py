"""Source text to syntax tree."""

from functools import cache
from threading import Lock
from typing import NamedTuple

from lark import Lark

from netdsl.diagnostics.core import Diagnostics
from netdsl.source import SourceFile
from netdsl.syntax.build import Builder
from netdsl.syntax.document import Document
from netdsl.syntax.grammar import file_parser


class _Reader(NamedTuple):
    """The loaded grammar with the builder that lark calls while it reads: one file at a time."""

    lark: Lark
    builder: Builder
    lock: Lock


@cache
def _reader() -> _Reader:
    builder = Builder()
    return _Reader(file_parser(builder), builder, Lock())


def parse(source: SourceFile, diagnostics: Diagnostics) -> Document:
    """The tree of a file."""
    reader = _reader()
    with reader.lock:
        reader.builder.begin(source, diagnostics)
        document = reader.lark.parse(source.text)
    assert isinstance(document, Document)
    return document
