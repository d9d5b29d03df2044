"""What targets differ in before anything is started."""

from dataclasses import replace
from pathlib import Path

import pytest

from netdsl.codegen.contract import BadOption, Options
from netdsl.codegen.registry import UnknownTarget, target_of
from netdsl.codegen.traits import TRAIT_NAMES, Described, Linear
from netdsl.comparing.machine import paper_csv, paper_json
from netdsl.comparing.markdown import paper_markdown
from netdsl.comparing.paper import paper
from netdsl.comparing.paper_table import paper_table
from netdsl.comparing.paper_types import Limit, OnPaper, Paper, Severity
from netdsl.diagnostics.visible import width_of
from netdsl.pipeline.analysis import check
from tests.compiling import EXAMPLES, LABS, compiled_file, lab_of

BOTH = ("compose", "vagrant")
TWO = "lab two\nnetwork lan 10.0.0.0/24\nhost a { interface on lan .1 }\nhost b { interface on lan .2 }\n"


def on_paper(text: str, target: str, options: Options | None = None) -> OnPaper:
    found = paper(lab_of(text), BOTH, options or Options())
    return next(one for one in found.targets if one.target == target)


def value(one: OnPaper, name: str) -> str:
    trait = one.trait(name)
    assert trait is not None
    return trait.value


@pytest.mark.parametrize("target", BOTH)
def test_every_target_of_ours_has_all_traits_with_reasons(target: str) -> None:
    one = on_paper(TWO, target)
    assert tuple(trait.name for trait in one.traits) == TRAIT_NAMES
    assert all(trait.value and trait.reason for trait in one.traits)
    assert any(isinstance(backend, Described) for backend in target_of(target).backends)


@pytest.mark.parametrize("target", BOTH)
def test_a_setting_that_cannot_be_read_is_a_limit_and_leaves_no_traits(target: str) -> None:
    one = on_paper(f'{TWO}target {target} {{ pool = "x" }}\n', target)
    assert (one.is_possible, one.traits, one.estimates) == (False, (), ())
    assert [limit.message for limit in one.limits] == ["`x` is no IPv4 prefix"]


ENDS = """lab ends
network wan 192.0.2.0/24
host a { interface on wan .1 }
host b { interface on wan .2 }
host c { interface on wan .3 }
"""
PKI = "pki p { algorithm ecdsa-p256 }\n"
SHARED = "modules and sysctls are the machine's"
ELSE = "a tunnel whose type it lacks runs in user space"


@pytest.mark.parametrize(
    ("tunnels", "expected"),
    [
        ("", [SHARED]),
        ("tunnel t gre { between a and b }", [SHARED, ELSE]),
        (
            "tunnel t gre { between a and b ; key 7 }",
            [SHARED, "nodes of `t` do not start where it lacks the type (GRE in user space has no key)"],
        ),
        (
            "tunnel t gre { between a and b ; key 7 }\ntunnel u gre { between a and c ; key 7 }\n"
            "tunnel v gre { between b and c }",
            [SHARED, ELSE, "nodes of `t`, `u` do not start where it lacks the type (GRE in user space has no key)"],
        ),
        (
            "tunnel t ipip { between a and b }",
            [SHARED, "nodes of `t` do not start where it lacks the type (IPIP in user space carries one family only)"],
        ),
        (
            f"{PKI}ipsec t {{ between a and b ; mode transport ; auth certificate from p }}",
            [SHARED, "nodes of `t` do not start where it lacks the type (IPsec in user space has not transport mode)"],
        ),
    ],
)  # fmt: skip
def test_a_tunnel_that_runs_in_the_kernel_alone_is_said_before_a_node_does_not_start(
    tunnels: str, expected: list[str]
) -> None:
    trait = on_paper(f"{ENDS}{tunnels}\n", "compose").trait("kernel")
    assert trait is not None
    assert trait.reason.split("; ") == expected


@pytest.mark.parametrize("path", LABS, ids=lambda path: path.parent.name)
def test_every_example_compares_and_is_the_same_inside(path: Path, tmp_path: Path) -> None:
    lab = check(path).lab
    assert lab is not None
    found = paper(lab, BOTH, Options())
    assert found.is_same_inside
    for one in found.targets:
        is_compiled = compiled_file(path, tmp_path / one.target, target=one.target).files is not None
        assert one.is_possible == is_compiled


def test_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lab = check(EXAMPLES / "site-to-site" / "lab.net").lab
    assert lab is not None
    paper(lab, BOTH, Options())
    assert list(tmp_path.iterdir()) == []


def test_sizes_are_those_of_the_lab() -> None:
    lab = check(EXAMPLES / "site-to-site" / "lab.net").lab
    assert lab is not None
    found = paper(lab, BOTH, Options())
    assert (found.nodes, found.networks, found.tunnels, found.gateways) == (9, 6, 2, 3)


def test_a_lab_that_one_target_cannot_make_still_compares() -> None:
    text = TWO.replace("host b {", "host b { serve http tcp/22 ;")
    compose, vagrant = on_paper(text, "compose"), on_paper(text, "vagrant")
    assert compose.is_possible
    assert compose.limits == ()
    assert not vagrant.is_possible
    assert vagrant.estimates == ()
    assert vagrant.limits == (
        Limit(
            Severity.CANNOT,
            "unsupported-by-target",
            vagrant.limits[0].place,
            "`b` cannot serve tcp/22: the machine's own SSH server, for `vagrant ssh`, listens there",
        ),
    )
    assert vagrant.limits[0].place.endswith(":4:10")


def test_what_is_made_otherwise_is_no_obstacle() -> None:
    one = on_paper(TWO.replace("host b {", "host b { memory 64MiB ;"), "vagrant")
    assert one.is_possible
    assert [(limit.severity, limit.code) for limit in one.limits] == [(Severity.DIFFERS, "differs-in-target")]


def test_the_remedy_of_a_limit_is_kept() -> None:
    one = on_paper(TWO.replace("10.0.0.0/24", "10.0.0.0/24 { driver ipvlan l3 }"), "compose")
    assert one.limits[0].help == "only its mode `l2`, the default, lets nodes find one another"


def test_traits_follow_the_lab_and_the_options() -> None:
    assert value(on_paper(TWO, "compose"), "networks") == "1 macvlan"
    assert value(on_paper(TWO, "compose", Options(driver="bridge")), "networks") == "1 bridge"
    assert "VirtualBox" in value(on_paper(TWO, "vagrant", Options(provider="virtualbox")), "isolation")
    boxed = on_paper(TWO, "vagrant", Options(settings={"box": "mine/box"}))
    assert value(boxed, "image") == "the box mine/box"
    amd = "image amd { platforms linux/amd64 ; packages curl }\nhost b { image amd ;"
    one = on_paper(TWO.replace("host b {", amd), "compose")
    assert value(one, "processors") == "amd64"
    assert "curl" in value(one, "packages")
    assert "2 images" in value(one, "image")


def test_a_closed_lab_has_no_way_out_and_another_payload() -> None:
    text = TWO.replace("host b {", "host b { uplink nat ;")
    open_, shut = on_paper(text, "compose"), on_paper(text, "compose", Options(is_closed=True))
    assert value(open_, "networks") == "1 macvlan, 1 bridge as the way out"
    assert value(shut, "networks") == "1 macvlan"
    assert open_.payload != shut.payload


def test_unknown_targets_and_options_are_refused() -> None:
    with pytest.raises(UnknownTarget, match="there is no target `vagrnt`"):
        paper(lab_of(TWO), ("vagrnt",), Options())
    with pytest.raises(BadOption, match="brige"):
        paper(lab_of(TWO), BOTH, Options(driver="brige"))


# --------------------------------------------------------------------------------------------------------- estimates


@pytest.mark.parametrize(
    ("tunnel", "estimate"),
    [("", 5.0), ("tunnel t gre { between a and b }", 5.0), ("ipsec t { between a and b ; auth psk }", 11.0)],
)
def test_an_estimate_is_a_line_over_nodes_and_those_with_a_daemon_for_tunnels(tunnel: str, estimate: float) -> None:
    assert Linear(fixed=1.0, node=2.0, tunnel=3.0).of(lab_of(TWO + tunnel)) == estimate


def test_containers_without_a_daemon_have_a_smaller_image() -> None:
    keyless, secret = "tunnel t gre { between a and b }", "ipsec t { between a and b ; auth psk }"
    plain, gre, ipsec = (on_paper(TWO + text, "compose").estimates[0].disk or 0 for text in ("", keyless, secret))
    assert 0 < plain == gre < ipsec


def test_an_estimate_of_machines_says_what_it_is_for() -> None:
    emulated, real = on_paper(TWO, "vagrant").estimates
    assert (emulated.case, real.case) == ("emulated", "KVM")
    assert None not in (emulated.memory, emulated.disk, emulated.fresh, emulated.warm)
    assert (real.memory, real.fresh, real.warm) == (None, None, None)
    assert real.disk == emulated.disk


@pytest.mark.parametrize(("word", "case"), [("kvm", "KVM"), ("tcg", "emulated")])
def test_an_accelerator_that_is_asked_for_is_the_only_case(word: str, case: str) -> None:
    (only,) = on_paper(TWO, "vagrant", Options(settings={"accelerator": word})).estimates
    assert only.case == case


def test_for_virtualbox_nothing_is_known() -> None:
    assert on_paper(TWO, "vagrant", Options(provider="virtualbox")).estimates == ()


def test_estimates_grow_with_the_lab_and_machines_need_more() -> None:
    many = TWO + "".join(f"host n{one} {{ interface on lan }}\n" for one in range(8))
    for target in BOTH:
        small, large = on_paper(TWO, target).estimates[0], on_paper(many, target).estimates[0]
        assert (large.memory or 0) > 2 * (small.memory or 0) > 0
        assert (large.fresh or 0) > (small.fresh or 0) > (small.warm or 0) > 0
    compose, vagrant = on_paper(many, "compose").estimates[0], on_paper(many, "vagrant").estimates[0]
    assert (compose.memory or 0) * 20 < (vagrant.memory or 0)


_SITE = """
network lan-{i} 10.1.{i}.0/24
router gw-{i} {{ interface wan on core .{i} ; interface lan on lan-{i} .1 }}
for k in 1..9 {{ host h-{i}-$k {{ interface on lan-{i} ; default via gw-{i} }} }}
ipsec vpn-{i} {{ between gw-{i} protecting lan-{i} and gw protecting home ; auth psk ; start on traffic }}
"""


@pytest.mark.parametrize(("sites", "measured"), [(2, 135), (5, 273)])
def test_the_memory_of_containers_is_what_was_measured(sites: int, measured: int) -> None:
    """docs/estimates.md: MiB of labs of 22 and 52 nodes."""
    text = "lab x\nnetwork core 192.0.2.0/24\nnetwork home 10.0.0.0/24\n"
    text += "host srv { interface on home .10 ; default via gw }\n"
    text += "router gw { interface on core .254 ; interface on home .1 }\n"
    text += "".join(_SITE.format(i=number) for number in range(1, sites + 1))
    memory = on_paper(text, "compose").estimates[0].memory or 0
    assert memory / 2**20 == pytest.approx(measured, rel=0.2)


# ------------------------------------------------------------------------------------------------------------ shown

WIDE = (
    'lab wide "実験 🚀 with a title that is longer than a line of a terminal can ever be, and then some more of it"\n'
)
LONG = "a-node-with-a-name-that-is-nearly-as-long-as-names-can-be"


def hard_paper() -> Paper:
    text = WIDE + TWO.split("\n", 1)[1].replace("host a {", f"host {LONG} {{ memory 64MiB ; cpu 0.5 ;")
    return paper(lab_of(text), BOTH, Options())


@pytest.mark.parametrize("width", [60, 80, 110])
def test_the_table_fits(width: int) -> None:
    lines = paper_table(hard_paper(), width).splitlines()
    assert max(map(width_of, lines)) <= width
    assert not any(line.endswith(" ") for line in lines)


def test_the_table_of_two_targets() -> None:
    text = paper_table(paper(lab_of(TWO), BOTH, Options()), 80)
    assert text.startswith("two: 2 nodes, 1 network, 0 tunnels\non paper: nothing was started\n")
    assert "kernel      shared with this machine           its own, Debian 13's\n" in text
    assert "estimate, not measured" in text
    assert "not known (KVM)" in text
    assert text.endswith("compose and vagrant can do all of this lab as it says\n")


def test_many_targets_stand_below_one_another() -> None:
    found = hard_paper()
    many = replace(found, targets=tuple(replace(found.targets[0], target=f"other-{one}") for one in range(5)))
    text = paper_table(many, 80)
    assert max(map(width_of, text.splitlines())) <= 80
    assert all(f"other-{one}" in text for one in range(5))


def test_a_target_that_does_not_describe_itself_is_shown_all_the_same() -> None:
    found = paper(lab_of(TWO), BOTH, Options())
    silent = replace(found, targets=(found.targets[0], OnPaper("other", (), "p" * 64, (), ())))
    assert "not said" in paper_table(silent, 80)
    assert "the nodes differ inside" in paper_table(silent, 80)
    assert "not known" in paper_markdown(silent)


def test_csv_holds_no_formula_and_json_is_stable() -> None:
    found = paper(lab_of(TWO), BOTH, Options())
    evil = replace(found, targets=(replace(found.targets[0], target="=1+1"),))
    assert "\n'=1+1,trait,kernel," in paper_csv(evil)
    assert paper_json(found) == paper_json(paper(lab_of(TWO), BOTH, Options()))


def test_markdown_keeps_markup_of_a_title_out() -> None:
    found = replace(paper(lab_of(TWO), BOTH, Options()), title="<script>|*x*")
    assert "\\<script\\>\\|\\*x\\*" in paper_markdown(found)
