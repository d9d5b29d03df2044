"""Which ports are asked, and what some of them are called."""

from netdsl.diff.services import ServiceClass, class_of, service_classes, spoken
from netdsl.ir.lab import Lab
from netdsl.ir.service import WITH_PORTS, port
from tests.compiling import lab_of

LAB = """lab x
network lan 10.0.0.0/24
router gw {
  interface on lan .1
  firewall { policy drop ; %s }
}
host a { interface on lan .2 ; %s }
"""


def _lab(lines: str, served: str = "") -> Lab:
    return lab_of(LAB % (lines, served))


def _texts(*labs: Lab) -> list[tuple[str, ...]]:
    return [(*one.texts, "rest") if one.is_rest else one.texts for one in service_classes(labs)]


def test_ports_of_one_line_are_one_class() -> None:
    lab = _lab("accept input tcp/80, tcp/443 ; accept input udp/1000-2000")
    assert _texts(lab) == [("ping",), ("tcp/80", "tcp/443"), ("rest",), ("udp/1000-2000",), ("rest",)]


def test_lines_of_both_labs_tell_ports_apart() -> None:
    one, other = _lab("accept input tcp/10-20"), _lab("accept input tcp/15-30")
    assert _texts(one, other) == [("ping",), ("tcp/10-14",), ("tcp/15-20",), ("tcp/21-30",), ("rest",), ("rest",)]


def test_a_port_that_is_served_is_a_class() -> None:
    found = service_classes((_lab("accept input tcp/80", "serve http tcp/80 ; serve tcp x tcp/99"),))
    assert [(one.texts, one.is_only_served) for one in found if one.protocol == WITH_PORTS["tcp"]] == [
        (("tcp/80",), False),
        (("tcp/99",), True),
        ((), False),
    ]


def test_the_port_of_all_others_is_in_no_line() -> None:
    rest = next(one for one in service_classes((_lab("accept input tcp/1000-1100"),)) if one.is_rest)
    assert rest.probe == port(WITH_PORTS["tcp"], 1101)


def test_every_port_may_be_in_a_line() -> None:
    assert _texts(_lab("accept input tcp/1-65535"))[1] == ("tcp/1-65535",)


def _spoken(*chosen: int) -> tuple[str, ...]:
    tcp, udp = WITH_PORTS["tcp"], WITH_PORTS["udp"]
    classes = (
        ServiceClass(None),
        ServiceClass(tcp, ((22, 22),)),
        ServiceClass(tcp, ((80, 80), (8000, 8080))),
        ServiceClass(tcp, is_rest=True),
        ServiceClass(udp, is_rest=True),
    )
    return spoken(classes, chosen)


def test_all_classes_of_a_protocol_are_its_name() -> None:
    assert _spoken(0, 1, 2, 3, 4) == ("ping", "tcp", "udp")
    assert _spoken(1, 2) == ("tcp/22", "tcp/80", "tcp/8000-8080")
    assert _spoken(2, 3) == ("tcp but 22",)
    assert _spoken(3) == ("tcp but 22, 80, 8000-8080",)


def test_a_port_by_itself() -> None:
    tcp = port(WITH_PORTS["tcp"], 22)
    assert class_of(tcp).texts == ("tcp/22",)
    assert class_of(None).texts == ("ping",)
