"""The one filter of each format for a text of a source. What is not seen, and what moves the reader's eye or cursor, is
shown as a sign first, so no filter meets a control character or a line end."""

import re
from xml.sax.saxutils import escape

from netdsl.graph.text import shown

_MERMAID_SAFE = re.compile(r"[^A-Za-z0-9 .,:/()_+=\u00a1-\ud7ff\ue000-\ufffd-]|(?<=\d)\.(?= )|^[-+*](?= )")


def xml(text: str) -> str:
    """Between tags, and inside an attribute in either kind of quotes."""
    return escape(shown(text), {'"': "&quot;", "'": "&#39;"})


def mermaid(text: str) -> str:
    """Inside `"…"`: mermaid has no escapes but its own entities, `#34;`, and reads what looks like Markdown as such."""
    return _MERMAID_SAFE.sub(lambda found: f"#{ord(found[0])};", shown(text))


def dot(text: str) -> str:
    """A quoted string of Graphviz without its quotes: `\\N` and the like mean something in labels, and so does `&amp;`."""
    return escape(shown(text)).replace("\\", "\\\\").replace('"', '\\"')
