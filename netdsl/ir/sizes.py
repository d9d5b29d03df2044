"""What a lab may have no more of, found by a stage that reports nothing."""

from netdsl.source import Place


class TooLarge(Exception):
    """A lab whose work has grown over a bound. `message` has the number; `place`: the statement that is over it, where one
    is known."""

    def __init__(self, message: str, place: Place | None = None) -> None:
        super().__init__(message)
        self.message, self.place = message, place
