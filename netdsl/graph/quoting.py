"""The quoting function of each format for text of a source. Control, invisible and direction characters are replaced by
visible signs first, so no output has a control character or a line end from a source."""

import re
from xml.sax.saxutils import escape

from netdsl.graph.text import shown

_MERMAID_SAFE = re.compile(r"[^A-Za-z0-9 .,:/()_+=\u00a1-\ud7ff\ue000-\ufffd-]|(?<=\d)\.(?= )|^[-+*](?= )")


def xml(text: str) -> str:
    """For text between tags and for attributes in either kind of quotes."""
    return escape(shown(text), {'"': "&quot;", "'": "&#39;"})


def mermaid(text: str) -> str:
    """For text inside `"…"`. Mermaid has no escapes but its own entities (`#34;`), and interprets Markdown."""
    return _MERMAID_SAFE.sub(lambda found: f"#{ord(found[0])};", shown(text))


def dot(text: str) -> str:
    """For the inside of a quoted Graphviz string: `\\N` and `&amp;` have a meaning in labels."""
    return escape(shown(text)).replace("\\", "\\\\").replace('"', '\\"')
