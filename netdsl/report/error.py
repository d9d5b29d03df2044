"""The error of a page that cannot be made."""


class ReportError(Exception):
    """`message`: the cause; `remedy`: what the user can do."""

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
