"""Labs that once disagreed with their prediction, as they were: the generator gives others under their numbers by now."""

from pathlib import Path

_FOLDER = Path(__file__).parent
NUMBERS = tuple(sorted(int(path.stem) for path in _FOLDER.glob("*.net")))


def regression(number: int) -> str:
    """Raises OSError where there is none of this number."""
    return (_FOLDER / f"{number}.net").read_text()
