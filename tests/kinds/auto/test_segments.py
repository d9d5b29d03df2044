"""`routing auto` beside networks that tunnels carry: outer packets stay out of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netdsl.verify import World
from tests.verify.asking import ask, codes, lab, way

TWO_SITES = """
network seg 10.5.0.0/24, fc00:5::/64
network isp-a 192.0.2.0/29, fc00:a::/64
network isp-b 192.0.2.8/29, fc00:b::/64
network left 10.1.0.0/24
network right 10.2.0.0/24
router internet { interface on isp-a .1, ::1 ; interface on isp-b .9, ::1 ; routing auto }
router a { interface on seg .1, ::1 ; interface on isp-a .2, ::2 ; interface on left .1 ; routing auto }
router b { interface on seg .2, ::2 ; interface on isp-b .10, ::2 ; interface on right .1 ; routing auto }
host h { interface on left .10 ; routing auto }
host s { interface on right .10 ; routing auto }
tunnel v vxlan { between a.isp-a and b.isp-b ; over %s ; carries seg }
"""


def test_an_equally_short_way_over_the_segment_is_not_that_of_its_outer_packets() -> None:
    for family in ("ipv4", "ipv6"):
        assert codes(TWO_SITES % family) == []
        asked = World(lab(TWO_SITES % family))
        assert ask(asked, "h", "10.2.0.10").tunnels == ("v",), "for all others it is as good as any"
        outer = "192.0.2.10" if family == "ipv4" else "fc00:b::2"
        assert way(ask(asked, "a", outer)) == ["a", "internet", "b"]


def test_nor_is_a_shorter_one_at_any_router_on_the_way() -> None:
    """Four routers lie between the sites, and one network that joins the first with the last."""
    links = "".join(f"link m{n}.up -- m{n + 1}.down 10.9.{n}.0/30\n" for n in range(1, 4))
    text = (TWO_SITES % "ipv4").replace(
        "interface on isp-a .1, ::1 ; interface on isp-b .9, ::1", "interface on isp-a .1"
    )
    text += "".join(f"router m{n} {{ routing auto }}\n" for n in range(1, 5)) + links
    text = text.replace("router m4 {", "router m4 { interface on isp-b .9 ;")
    text += "link internet.up -- m1.down 10.9.0.0/30\n"
    assert codes(text) == []
    asked = World(lab(text))
    assert way(ask(asked, "a", "192.0.2.10")) == ["a", "internet", "m1", "m2", "m3", "m4", "b"]
    assert way(ask(asked, "internet", "192.0.2.10"))[1] == "m1"
    assert ask(asked, "internet", "10.2.0.10").tunnels == ("v",)


TWO_WAYS_OUT = """
network seg 10.5.0.0/24
network isp-1 192.0.2.0/29
network isp-2 192.0.2.8/29
network site 192.0.2.16/29
router isp { interface on isp-1 .1 ; interface on isp-2 .9 ; route site via x.isp-1 }
router far { interface on seg .2 ; interface on isp-2 .10 ; routing auto ; default via isp }
router x { interface on isp-1 .2 ; interface on site .17 ; routing auto ; default via isp }
router near { interface on seg .1 ; interface on site .18 ; routing auto }
tunnel v vxlan { between near.site and far.isp-2 ; carries seg }
"""


def test_the_way_out_that_outer_packets_take_is_not_over_the_segment() -> None:
    """Both `far`, over the segment, and `x` are ways out for `near`, as near as each other."""
    assert codes(TWO_WAYS_OUT) == []
    assert way(ask(World(lab(TWO_WAYS_OUT)), "near", "192.0.2.10")) == ["near", "x", "isp", "far"]


@st.composite
def labs(draw: st.DrawFn) -> tuple[str, int]:
    """Routers joined at random, each with a network of its own, and one or two segments over some of them."""
    count = draw(st.integers(3, 7))
    pairs = {(draw(st.integers(0, number - 1)), number) for number in range(1, count)}
    pairs |= {tuple(sorted(draw(st.permutations(range(count)))[:2])) for _ in range(draw(st.integers(0, 3)))}  # type: ignore[misc]
    lines = [f"network lan{number} 10.1.{number}.0/24" for number in range(count)]
    inside: dict[int, list[str]] = {number: [f"interface on lan{number} .1"] for number in range(count)}
    for place, (one, other) in enumerate(sorted(pairs)):
        lines.append(f"link r{one}.to{other} -- r{other}.to{one} 10.2.{place}.0/30")
    for number in range(draw(st.integers(1, 2))):
        ends = draw(st.permutations(range(count)))[: draw(st.integers(2, 3))]
        lines.append(f"network seg{number} 10.3.{number}.0/24")
        at = []
        for end in ends:
            place = 0 if draw(st.booleans()) else len(inside[end])
            inside[end].insert(place, f"interface on seg{number} .{end + 1}")
            neighbours = [other for pair in sorted(pairs) if end in pair for other in pair if other != end]
            outer = draw(st.sampled_from([f"to{other}" for other in neighbours] + [f"lan{end}"]))
            at.append(f"r{end}.{outer}")
        lines.append(f"tunnel v{number} vxlan {{ between {', '.join(at[:-1])} and {at[-1]} ; carries seg{number} }}")
    lines += [f"router r{number} {{ {' ; '.join(own)} ; routing auto }}" for number, own in inside.items()]
    return "\n".join(lines), count


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(labs())
def test_whatever_the_graph_no_tunnel_carries_itself_and_all_is_reached(made: tuple[str, int]) -> None:
    text, count = made
    assert codes(text) == []
    asked = World(lab(text))
    for source in range(count):
        for goal in range(count):
            if goal != source:
                assert ask(asked, f"r{source}", f"10.1.{goal}.1").passes
