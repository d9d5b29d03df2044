"""Loops of switches."""

from tests.verify.asking import checked

RING = """lab ring
network a 10.0.0.0/24
network b
network c
switch s1 {{ {0} ; interface x on a ; interface y on b }}
switch s2 {{ {1} ; interface x on b ; interface y on c }}
switch s3 {{ {2} ; interface x on c ; interface y on a }}
host h {{ interface on a }}
"""


def ring(*trees: str) -> str:
    return RING.format(*(f"stp {one}" for one in trees))


def told(text: str) -> list[tuple[str, str, str]]:
    return [(one.rule.code, one.message, one.primary.place.span.text) for one in checked(text).diagnostics]


def test_a_loop_of_switches_is_told_with_their_names_and_networks() -> None:
    assert told(ring("no", "no", "no")) == [
        (
            "switch-loop",
            "the switches `s1`, `s2`, `s3` are a loop over `a`, `b`, `c`: the first broadcast circles for ever",
            "interface y on a",
        )
    ]
    (found,) = checked(ring("no", "no", "no")).diagnostics
    assert found.help == "`stp yes` in `s1`, `s2`, `s3`: a spanning tree keeps one port out of use"
    assert [label.text for label in found.related] == ["`s1.y`", "`s2.y`"]


def test_one_switch_with_a_spanning_tree_breaks_a_loop() -> None:
    for trees in (("yes", "no", "no"), ("no", "yes", "no"), ("no", "no", "yes"), ("yes", "yes", "yes")):
        assert told(ring(*trees)) == []


def test_two_ports_of_a_switch_on_one_network_are_a_loop() -> None:
    text = "lab x\nnetwork a 10.0.0.0/24\nswitch s { interface p on a ; interface q on a }\nhost h { interface on a }\n"
    message = "the switch `s` has two ports on `a`: the first broadcast circles for ever"
    assert told(text) == [("switch-loop", message, "interface q on a")]
    assert told(text.replace("switch s {", "switch s { stp yes ;")) == []


def test_a_line_and_a_star_of_switches_are_no_loop() -> None:
    text = """lab x
network a 10.0.0.0/24
network b
network c
switch s1 { interface p on a ; interface q on b ; interface r on c }
switch s2 { interface p on b }
switch s3 { interface p on c }
host h { interface on a }
"""
    assert told(text) == []


def test_of_two_loops_in_one_segment_the_first_is_told_and_each_segment_has_its_own() -> None:
    text = """lab x
network a 10.0.0.0/24
network b
network c 10.1.0.0/24
network d
switch s1 { interface p on a ; interface q on b }
switch s2 { interface p on a ; interface q on b }
switch s3 { interface p on a ; interface q on b }
switch s4 { interface p on c ; interface q on d }
switch s5 { interface p on c ; interface q on d }
host h { interface on a }
host i { interface on c }
"""
    assert [place for _, _, place in told(text)] == ["interface q on b", "interface q on d"]
