"""`dataclass`: what `dataclasses.dataclass` makes, but each method is written when it is first used.

The standard decorator compiles the text of six methods when a frozen class is defined. A command defines about 300
classes, makes objects of some 140 and compares those of a dozen; most of that work, half the time of a small lab's
check, was for nothing (docs/decisions/0023-dataclasses-on-first-use.md).

For a type checker this is the standard decorator. `fields`, `replace`, `asdict`, `is_dataclass` and `match` work. Not
there, because nothing here needs them: classes without slots, order, fields that are keyword-only or `InitVar`, pickles.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, fields, is_dataclass
from dataclasses import dataclass as dataclass
from reprlib import recursive_repr
from types import FunctionType
from typing import TYPE_CHECKING, Literal, NoReturn, TypeVar, cast

SECRET = {"secret": True}
"""The metadata of a field that no dump shows."""

_T = TypeVar("_T")


def _on_first_use(*, slots: Literal[True], frozen: bool = False, eq: bool = True) -> Callable[[type[_T]], type[_T]]:
    """The decorator at run time. What the class itself defines stays, as with the standard one."""

    def decorate(plain: type[_T]) -> type[_T]:
        plain.__doc__ = plain.__doc__ or plain.__name__  # else the standard one works out a signature
        own = {name for name, value in vars(plain).items() if value is not None}
        made = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(plain)
        methods: dict[str, object] = {"__init__": _Unwritten(made, lambda: _init(made, frozen)), "__repr__": _repr}
        if eq:
            methods["__eq__"] = _Unwritten(made, lambda: _eq(made))
            methods["__hash__"] = _Unwritten(made, lambda: _hash(made)) if frozen else None
        if frozen:
            methods |= {"__setattr__": _Frozen.__setattr__, "__delattr__": _Frozen.__delattr__}
        for name in methods.keys() - own:
            setattr(made, name, methods[name])
        return made

    return decorate


class _Frozen:
    """The methods that a frozen class has for its own."""

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise FrozenInstanceError(f"cannot delete field {name!r}")


class _Unwritten:
    """Stands in a class for a method; when that is first looked up, it is written and takes this one's place."""

    __slots__ = ("_class", "_write")

    def __init__(self, in_class: type, write: Callable[[], FunctionType]) -> None:
        self._class, self._write = in_class, write

    def __get__(self, instance: object, _: type) -> object:
        method = self._write()
        method.__module__, method.__qualname__ = self._class.__module__, f"{self._class.__qualname__}.{method.__name__}"
        setattr(self._class, method.__name__, method)
        return getattr(self._class if instance is None else instance, method.__name__)


def _init(made: type, is_frozen: bool) -> FunctionType:
    """A frozen class's fields are set by its slots, because its `__setattr__` refuses."""
    names: dict[str, object] = {"__missing": MISSING}
    parameters, body = ["self"], []
    for each in _fields(made):
        name, has_factory = each.name, each.default_factory is not MISSING
        names |= {f"__default_{name}": each.default, f"__make_{name}": each.default_factory}
        names[f"__set_{name}"] = getattr(made, name).__set__
        if each.init:
            has_default = each.default is not MISSING
            parameters.append(name + ("=__missing" if has_factory else f"=__default_{name}" if has_default else ""))
            value = f"__make_{name}() if {name} is __missing else {name}" if has_factory else name
        elif has_factory:
            value = f"__make_{name}()"
        elif each.default is not MISSING:
            value = f"__default_{name}"
        else:
            continue  # `__post_init__` sets it
        body.append(f"__set_{name}(self, {value})" if is_frozen else f"self.{name} = {value}")
    if hasattr(made, "__post_init__"):
        body.append("self.__post_init__()")
    return _written("__init__", ", ".join(parameters), body or ["pass"], names)


def _eq(made: type) -> FunctionType:
    same = f"return {_compared('self', made)} == {_compared('other', made)}"
    body = ["if other.__class__ is self.__class__:", f"    {same}", "return NotImplemented"]
    return _written("__eq__", "self, other", body, {})


def _hash(made: type) -> FunctionType:
    return _written("__hash__", "self", [f"return hash({_compared('self', made)})"], {})


def _compared(name: str, made: type) -> str:
    return "(" + "".join(f"{name}.{each.name}, " for each in _fields(made) if each.compare) + ")"


def _written(name: str, parameters: str, body: list[str], names: dict[str, object]) -> FunctionType:
    """A function by its text, in which nothing stands but names of fields."""
    exec(f"def {name}({parameters}):\n" + "".join(f"    {line}\n" for line in body), names)  # noqa: S102
    return cast(FunctionType, names[name])


def _fields(made: type) -> "tuple[Field[object], ...]":
    assert is_dataclass(made)
    return fields(made)


@recursive_repr()
def _repr(self: object) -> str:
    shown = (f"{each.name}={getattr(self, each.name)!r}" for each in _fields(type(self)) if each.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


if not TYPE_CHECKING:
    dataclass = _on_first_use
