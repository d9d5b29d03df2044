"""The quoting rule of FreeRADIUS's files (unlang(5), users(5))."""


def quoted(text: str) -> str:
    """A string in single quotes, in which nothing is expanded and a backslash keeps the character after it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
