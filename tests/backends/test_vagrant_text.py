from ipaddress import IPv4Network
from pathlib import Path

import pytest

from benchmarks.labs import explicit
from netdsl.backends.vagrant.lower import DEFAULT_MEMORY_MIB
from netdsl.backends.vagrant.quoting import comment, literal
from netdsl.codegen.contract import Layout
from tests import vagrantfile
from tests.attack.texts import TEXTS
from tests.compiling import LABS, compiled_file, compiled_text
from tests.machines import a_host, a_lab, files_of, project_of, settings_of

# --- text


def test_the_vagrantfile_says_what_was_decided() -> None:
    lab = a_lab(settings=settings_of(provider="libvirt"))
    said = vagrantfile.read(files_of(lab)["Vagrantfile"].decode())
    project = project_of(lab)
    assert said.lab == "lab"
    assert said.settings == {
        "project": "lab", "provider": "libvirt", "accelerator": None, "box": None, "closed": False,
        "management": str(project.management), "outside": str(project.outside),
        "payload": "payload/lab", "nodes": "payload/nodes", "credentials": "../credentials",
    }  # fmt: skip
    assert said.segments == (("lab.a-lan", {"mtu": 1500}), ("lab.wan", {"mtu": 9000}))
    assert [machine.name for machine in said.machines] == ["a-gw", "pc"]
    assert said.machines[1].settings == {
        "box": None, "cpus": 1, "memory": DEFAULT_MEMORY_MIB, "image": project.machines[1].image,
        "management_mac": project.machines[1].management_mac, "uplink": None, "credentials": False,
    }  # fmt: skip
    assert said.machines[1].nics == (("lab.a-lan", {"mac": "02:6e:64:00:00:03", "open": False}),)


def test_a_lab_without_networks_and_a_machine_without_interfaces() -> None:
    said = vagrantfile.read(files_of(a_lab(a_host(interfaces=()), networks=()))["Vagrantfile"].decode())
    assert said.segments == ()
    assert said.machines[0].nics == ()


@pytest.mark.parametrize(
    ("text", "ruby"),
    [
        ("a", "'a'"),
        ("#{7 * 7} `id` $x", "'#{7 * 7} `id` $x'"),
        ("it's", "'it\\'s'"),
        ("a\\", "'a\\\\'"),
        ("\\'", "'\\\\\\''"),
        ("é 😀", "'é 😀'"),
        ("a\n#{b}\"'", '"a\\u{a}\\u{23}{b}\\u{22}\'"'),
        ("\0", '"\\u{0}"'),
        ("\u202e", '"\\u{202e}"'),
        ("\udcff", '"\\xff"'),
        (None, "nil"),
        (True, "true"),
        (1, "1"),
    ],
)
def test_literals(text: str | int | bool | None, ruby: str) -> None:
    assert literal(text) == ruby


@pytest.mark.parametrize("text", TEXTS)
def test_every_text_is_one_literal_of_one_line(text: str) -> None:
    written = literal(text)
    assert vagrantfile.value(written) == text
    assert "\n" not in written
    assert "\n" not in comment(text)
    assert not set(comment(text)) & set(":=*\"'`#\\")


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        literal("\ud800")


def test_texts_from_outside_reach_the_file_as_they_are() -> None:
    for text in ("../it's #{x}", "../a\nb", "/x\udcff"):
        said = vagrantfile.read(files_of(a_lab(), Layout(credentials=text))["Vagrantfile"].decode())
        assert said.settings["credentials"] == text


# --- the whole


@pytest.mark.parametrize("path", LABS, ids=lambda lab: lab.parent.name)
def test_the_inside_is_the_twin_s_byte_for_byte(path: Path, tmp_path: Path) -> None:
    """Compiled with the same credentials: the same payload, and not one file more or less."""
    containers, machines = (compiled_file(path, tmp_path / "c", target=target) for target in ("compose", "vagrant"))
    inside = [
        {name: content for name, content in outcome.files.items() if name.startswith("payload/")}
        for outcome in (containers, machines)
        if outcome.files is not None
    ]
    assert inside[0]
    assert inside[0] == inside[1]


@pytest.mark.parametrize("path", LABS, ids=lambda lab: lab.parent.name)
def test_the_same_source_gives_the_same_bytes(path: Path, tmp_path: Path) -> None:
    one, two = (compiled_file(path, tmp_path / "c", target="vagrant").files for _ in range(2))
    assert one == two


def test_a_thousand_nodes(tmp_path: Path) -> None:
    lab = explicit(1000)
    outcome = compiled_text(lab, tmp_path / "c", target="vagrant")
    said = vagrantfile.read(outcome.text("Vagrantfile"))
    assert len(said.machines) == 1000
    assert len({machine.settings["management_mac"] for machine in said.machines}) == 1000
    assert len({mac for machine in said.machines for _, nic in machine.nics if (mac := nic["mac"])}) == 2000
    assert IPv4Network(str(said.settings["management"])).num_addresses >= 2003
