"""How deep a source may nest: far beyond any lab, far below Python's recursion limit."""

MAX_DEPTH = 64
