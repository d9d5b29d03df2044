"""What keeps a page from being made."""


class ReportError(Exception):
    """`message` says what is wrong, `remedy` what to do."""

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
