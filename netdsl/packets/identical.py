"""A thing as a key of a cache: equal to itself alone, so that what it holds need not be compared."""

from typing import Generic, TypeVar

T = TypeVar("T")


class Identical(Generic[T]):
    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identical) and other.value is self.value
