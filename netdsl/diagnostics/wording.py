"""Numbers with nouns, for messages and tables."""


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 node`, `3 nodes`. `plural`: the plural if it is not the noun with an s."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"
