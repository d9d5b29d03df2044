"""Classes of `netdsl.dataclass` are those of the standard library, but for when their methods are written."""

import dataclasses
from dataclasses import FrozenInstanceError, asdict, field, fields, is_dataclass, replace
from inspect import signature

import pytest

from netdsl.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Port:
    number: int
    name: str = "http"
    notes: dict[str, int] = field(default_factory=dict, compare=False)
    place: str | None = field(default=None, compare=False, repr=False)


@dataclasses.dataclass(frozen=True, slots=True)
class StandardPort:
    number: int
    name: str = "http"
    notes: dict[str, int] = field(default_factory=dict, compare=False)
    place: str | None = field(default=None, compare=False, repr=False)


@dataclass(slots=True)
class Count:
    """How often a name was seen."""

    seen: list[str]
    total: int = field(init=False, default=0)
    longest: int = field(init=False)
    by_name: dict[str, int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.longest = max(map(len, self.seen))


@dataclass(frozen=True, slots=True)
class SecurePort(Port):
    certificate: str = ""


@dataclass(slots=True, eq=False)
class Identity:
    name: str


@dataclass(frozen=True, slots=True)
class Custom:
    name: str

    def __repr__(self) -> str:
        return "custom"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Custom)


@dataclass(frozen=True, slots=True)
class Hashed:
    name: str

    def __hash__(self) -> int:
        return 1


def test_it_is_made_shown_and_hashed_as_a_standard_one() -> None:
    ours, standard = Port(80, place="lab.net:1"), StandardPort(80, place="lab.net:1")
    assert repr(ours) == repr(standard).replace("StandardPort", "Port") == "Port(number=80, name='http', notes={})"
    assert hash(ours) == hash(standard)
    assert (ours.number, ours.name, ours.notes, ours.place) == (80, "http", {}, "lab.net:1")
    assert str(signature(Port)).split(",")[0] == "(number"


def test_equal_are_those_of_one_class_whose_compared_fields_are_equal() -> None:
    assert Port(80, place="a") == Port(80, place="b", notes={"x": 1})
    assert Port(80) != Port(81)
    assert Port(80) != SecurePort(80)


def test_each_object_has_a_default_of_its_own() -> None:
    first, second = Port(80), Port(80)
    first.notes["x"] = 1
    assert second.notes == {}


def test_a_frozen_one_refuses_changes() -> None:
    port = Port(80)
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'number'"):
        port.number = 81  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'number'"):
        del port.number
    assert port.number == 80


def test_the_standard_functions_know_it() -> None:
    assert is_dataclass(Port)
    assert [each.name for each in fields(Port)] == ["number", "name", "notes", "place"]
    assert replace(Port(80), number=81) == Port(81)
    assert asdict(Identity("a")) == {"name": "a"}
    match Port(80):
        case Port(number, name):
            assert (number, name) == (80, "http")


def test_fields_that_no_argument_gives_are_set_by_default_or_afterwards() -> None:
    count = Count(["ab", "c"])
    assert (count.total, count.longest, count.by_name) == (0, 2, {})
    count.total = 3
    assert count != Count(["ab", "c"])


def test_a_class_that_can_change_has_no_hash() -> None:
    with pytest.raises(TypeError, match="unhashable type: 'Count'"):
        hash(Count(["a"]))


def test_without_eq_each_object_equals_itself_alone() -> None:
    first = Identity("a")
    assert first != Identity("a")
    assert len({first, Identity("a")}) == 2


def test_a_subclass_has_the_fields_of_both() -> None:
    port = SecurePort(443, "https", certificate="web")
    assert repr(port) == "SecurePort(number=443, name='https', notes={}, certificate='web')"
    assert not hasattr(port, "__dict__")


def test_methods_of_the_class_itself_stay() -> None:
    assert repr(Custom("a")) == "custom"
    assert Custom("a") == Custom("b")
    assert hash(Custom("a")) == hash(("a",))
    assert hash(Hashed("a")) == 1


def test_wrong_arguments_name_the_class() -> None:
    with pytest.raises(TypeError, match=r"Port.__init__\(\) missing 1 required positional argument: 'number'"):
        Port()  # type: ignore[call-arg]


def test_a_method_is_written_when_it_is_first_used() -> None:
    @dataclass(frozen=True, slots=True)
    class Link:
        a: str

    def written() -> set[str]:
        return {name for name in ("__init__", "__eq__", "__hash__") if callable(vars(Link)[name])}

    assert written() == set()
    link = Link("x")
    assert written() == {"__init__"}
    assert link == Link("x")
    assert written() == {"__init__", "__eq__"}
