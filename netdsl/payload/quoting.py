"""The payload's quoting rules: one function per format. What a rule cannot carry raises NotRepresentable."""


class NotRepresentable(ValueError):
    """A string that the format has no way to hold; the analyser refuses these at the user's line."""


def flat(path: str) -> str:
    """A lab path as a name for nft, swanctl and files: `a.gw` is `a_gw`."""
    return path.replace(".", "_")


def tsv(*fields: object) -> str:
    """One record: fields between tabs, an empty one as `-`, a line end behind."""
    texts = [str(field) for field in fields]
    if any(character in text for text in texts for character in "\t\n\r\0"):
        raise NotRepresentable("a tab, line end or NUL in a tab-separated field")
    return "\t".join(text or "-" for text in texts) + "\n"


def line(text: str) -> str:
    """One line of a file of lines."""
    if any(character in text for character in "\n\r\0"):
        raise NotRepresentable("a line end or NUL in a line")
    return text + "\n"
