from dataclasses import replace
from pathlib import Path

import pytest

from netdsl.backends.compose.target import target as compose
from netdsl.backends.vagrant.lower import LEAST_MEMORY_MIB
from netdsl.backends.vagrant.target import target
from netdsl.codegen.contract import BadOption, Options
from netdsl.codegen.options import options_of
from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.ids import ImageId
from netdsl.ir.image import Image
from netdsl.ir.lab import TargetSetting
from netdsl.ir.network import Driver, Impairment, Network
from netdsl.ir.node import Resources, Served
from netdsl.ir.service import Protocol, port
from tests.compiling import compiled_text
from tests.machines import (
    HERE,
    LAN,
    a_host,
    a_lab,
    a_router,
    an_interface,
    found_in,
    machine_of,
    project_of,
    settings_of,
)

# --- settings and options


def test_the_command_line_goes_before_the_lab() -> None:
    lab = a_lab(settings=settings_of(provider="virtualbox", accelerator="kvm"))
    project = project_of(lab)
    assert (project.provider, project.accelerator, project.box) == ("virtualbox", "kvm", None)
    options = Options(provider="libvirt", settings={"accelerator": "tcg", "box": "mine", "provider": "virtualbox"})
    project = project_of(lab, options)
    assert (project.provider, project.accelerator, project.box) == ("libvirt", "tcg", "mine")


def test_an_image_may_have_a_box_of_its_own() -> None:
    images = (Image(ImageId("a.i"), ("curl",)),)
    lab = a_lab(a_host(image=ImageId("a.i")), a_host("b", 4), images=images)
    options = Options(settings={"box.a.i": "mine"})
    assert machine_of(lab, options=options).box == "mine"
    assert machine_of(lab, "b", options).box is None
    assert found_in(lab, options) == [("differs-in-target", _UNKNOWN_BOX)]


@pytest.mark.parametrize("key", ["box", "box.i"])
def test_a_box_in_a_source_is_refused_and_makes_nothing(key: str) -> None:
    images = (Image(ImageId("i"), ("curl",)),)
    setting = TargetSetting("vagrant", key, "mine", HERE)
    lab = a_lab(a_host(image=ImageId("i")), images=images, settings=(setting,))
    message = "`mine` is a box, and a box brings programs that run on this machine"
    assert found_in(lab) == [("setting-of-caller", message)]
    project = project_of(lab)
    assert (project.box, project.machines[0].box) == (None, None)


_UNKNOWN_BOX = "what `mine` holds is not known here: packages may have other versions than in the containers"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (
            "colour",
            "red",
            "the target `vagrant` has no setting `colour`; it has provider, accelerator, box, pool, box.IMAGE",
        ),
        ("box.x", "b", "the setting `box.x` is of an image that the lab does not have: `x`"),
        ("provider", "xen", "there is no provider `xen`; there are libvirt, virtualbox"),
        ("accelerator", "hax", "there is no accelerator `hax`; there are kvm, tcg"),
        ("box", "a b", "`a b` is no name of a box"),
        ("box", "../x", "`../x` is no name of a box"),
        ("box", "a/b/c", "`a/b/c` is no name of a box"),
        ("pool", "x", "`x` is no IPv4 prefix"),
        ("pool", "10.0.0.1/8", "`10.0.0.1/8` is no IPv4 prefix"),
        ("pool", "10.0.0.0/28", "`10.0.0.0/28` is no pool of a size from /8 to /26"),
        ("pool", "0.0.0.0/0", "`0.0.0.0/0` is no pool of a size from /8 to /26"),
        ("pool", "224.0.0.0/16", "`224.0.0.0/16` holds no addresses for machines"),
    ],
)
def test_a_wrong_setting_is_refused_at_its_line_and_from_the_command_line(key: str, value: str, message: str) -> None:
    setting = TargetSetting("vagrant", key, value, HERE)
    assert found_in(a_lab(settings=(setting,))) == [("unknown-setting", message)]
    with pytest.raises(BadOption) as refused:
        found_in(a_lab(), Options(settings={key: value}))
    assert str(refused.value) == message


def test_settings_of_other_targets_are_not_looked_at() -> None:
    assert found_in(a_lab(settings=(TargetSetting("compose", "colour", "red", HERE),))) == []


def test_a_mistyped_key_is_recognised(tmp_path: Path) -> None:
    text = "lab x\ntarget vagrant { providr = libvirt }\nnetwork l 10.0.0.0/24\nhost a { interface on l }\n"
    outcome = compiled_text(text, tmp_path / "c", target="vagrant")
    assert outcome.errors == ["unknown-setting"]
    assert "did you mean `provider`?" in outcome.rendered()


def test_options_of_containers_are_refused_and_those_of_machines_there() -> None:
    for options in (Options(driver="macvlan"), Options(provider="xen")):
        with pytest.raises(BadOption):
            target.check_support(a_lab(), options, Diagnostics())
    with pytest.raises(BadOption):
        compose.check_support(a_lab(), Options(provider="libvirt"), Diagnostics())


def test_in_a_call_for_both_each_has_its_own_options() -> None:
    settings = {"box": "mine", "pool": "10.0.0.0/12", "colour": "red"}
    both = Options(driver="bridge", provider="libvirt", targets=("compose", "vagrant"), settings=settings)
    containers, machines = (options_of(target, both) for target in both.targets)
    assert (containers.driver, containers.provider) == ("bridge", None)
    assert containers.settings == {"pool": "10.0.0.0/12", "colour": "red"}
    assert (machines.driver, machines.provider) == (None, "libvirt")
    assert machines.settings == settings
    alone = replace(both, targets=("vagrant",))
    assert options_of("vagrant", alone) == alone


# --- what is refused, what is listed


def test_a_wire_that_loses_packets_is_refused() -> None:
    networks = (Network(LAN, (), 1500, impairment=Impairment(loss=0.1), origin=HERE),)
    assert found_in(a_lab(a_host(), networks=networks)) == [
        ("unsupported-by-target", "the target `vagrant` cannot delay, limit or lose packets on `a.lan` yet")
    ]


@pytest.mark.parametrize(
    ("driver", "is_made"),
    [
        (Driver("macvlan"), True),
        (Driver("macvlan", "bridge"), True),
        (Driver("bridge"), True),
        (Driver("ipvlan", "l2"), True),
        (Driver("macvlan", "private"), False),
        (Driver("ipvlan", "l3"), False),
        (Driver("ovs"), False),
    ],
)
def test_a_driver_is_made_where_its_segment_is_a_plain_one(driver: Driver, is_made: bool) -> None:
    codes = [code for code, _ in found_in(a_lab(a_host(), networks=(Network(LAN, (), 1500, driver, origin=HERE),)))]
    assert codes == ([] if is_made else ["unsupported-by-target"])


def test_virtualbox_has_eight_adapters() -> None:
    nodes = {
        count: a_router(interfaces=tuple(an_interface(f"e{number}", LAN, number + 1) for number in range(count)))
        for count in (6, 7)
    }
    assert found_in(a_lab(nodes[6]), Options(provider="virtualbox")) == []
    assert found_in(a_lab(nodes[7]), Options(provider="libvirt")) == []
    assert found_in(a_lab(nodes[7]), Options(provider="virtualbox")) == [
        ("unsupported-by-target", "`a.gw` needs 9 network adapters; VirtualBox has 8")
    ]


@pytest.mark.parametrize(
    ("service", "is_made"),
    [
        (port(Protocol.TCP, 22), False),
        (port(Protocol.TCP, 20, 30), False),
        (port(Protocol.TCP, 2222), True),
        (port(Protocol.UDP, 22), True),
    ],
)
def test_the_port_of_the_machine_s_ssh_server_is_its_own(service: object, is_made: bool) -> None:
    node = a_host(services=(Served("tcp", "x", service),))  # type: ignore[arg-type]
    assert [code for code, _ in found_in(a_lab(node))] == ([] if is_made else ["unsupported-by-target"])


def test_no_interface_of_the_lab_looks_like_the_management_s() -> None:
    interface = replace(an_interface("lan", LAN, 1), mac="02:6e:6d:00:00:01")
    assert [code for code, _ in found_in(a_lab(a_host(interfaces=(interface,))))] == ["unsupported-by-target"]


def test_a_lab_that_leaves_no_room_is_told_so() -> None:
    lab = a_lab(settings=settings_of(pool="10.0.0.0/24"))  # the lab's own
    (found,) = found_in(lab)
    assert found[0] == "unsupported-by-target"
    assert "10.0.0.0/24" in found[1]
    with pytest.raises(BadOption):
        found_in(a_lab(), Options(settings={"pool": "10.0.0.0/24"}))


def test_differences_are_listed_once_for_each_kind() -> None:
    nodes = [a_host(f"h{number}", number + 1, resources=Resources(0.5, 1024**2)) for number in range(5)]
    names = "`h0`, `h1`, `h2` and 2 more"
    assert found_in(a_lab(*nodes)) == [
        ("differs-in-target", f"{names}: a part of a processor: rounded up to whole ones"),
        ("differs-in-target", f"{names}: less memory than a machine starts with: raised to {LEAST_MEMORY_MIB} MiB"),
    ]


def test_an_image_for_one_processor_is_listed_where_it_is_used() -> None:
    images = (
        Image(ImageId("i"), platforms=("linux/arm64",), origin=HERE),
        Image(ImageId("j"), platforms=("linux/amd64",)),
    )
    lab = a_lab(a_host(image=ImageId("i")), images=images)
    assert found_in(lab) == [
        ("differs-in-target", "`i` is for linux/arm64 alone; virtual machines have the host's processor")
    ]
