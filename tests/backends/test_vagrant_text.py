import re
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from benchmarks.labs import explicit
from netdsl.backends.vagrant.backend import fixed_files
from netdsl.backends.vagrant.lower import DEFAULT_MEMORY_MIB
from netdsl.backends.vagrant.quoting import comment, literal
from netdsl.codegen.contract import Layout
from netdsl.ir.lab import Lab
from netdsl.lower.lower import lower as lab_of
from netdsl.pipeline.analysis import check
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
        "name": "lab", "project": "lab", "provider": "libvirt", "accelerator": None, "box": None, "closed": False,
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


@pytest.mark.slow
def test_a_thousand_nodes(tmp_path: Path) -> None:
    lab = explicit(1000)
    outcome = compiled_text(lab, tmp_path / "c", target="vagrant")
    said = vagrantfile.read(outcome.text("Vagrantfile"))
    assert len(said.machines) == 1000
    assert len({machine.settings["management_mac"] for machine in said.machines}) == 1000
    assert len({mac for machine in said.machines for _, nic in machine.nics if (mac := nic["mac"])}) == 2000
    assert IPv4Network(str(said.settings["management"])).num_addresses >= 2003


@pytest.mark.parametrize("path", LABS, ids=lambda lab: lab.parent.name)
def test_no_address_route_rule_or_key_of_the_lab_stands_outside_of_the_payload(path: Path, tmp_path: Path) -> None:
    store = tmp_path / "c"
    outcome = compiled_file(path, store, target="vagrant")
    assert outcome.files is not None
    bindings = check(path).bindings
    assert bindings is not None
    payload_text = "\n".join(_text(outcome.files[name]) for name in outcome.files if name.startswith("payload/"))
    around = {name: _text(content) for name, content in outcome.files.items() if not name.startswith("payload/")}

    addresses = addresses_of(lab_of(bindings))
    assert len(addresses) > 10
    assert {one for one in addresses if one not in payload_text} == set()  # the control: they are inside
    assert [(name, one) for name, text in around.items() for one in addresses if _stands_in(one, text)] == []

    lines = {line for line in payload_text.splitlines() if len(line) > 12}
    keys = {line for file in store.rglob("*") if file.is_file() for line in _text(file.read_bytes()).splitlines()}
    fixed = {file.path for file in fixed_files()}
    made = {name: text for name, text in around.items() if name not in fixed}
    assert any(line.startswith("route replace ") for line in lines)
    assert [(name, line) for name, text in made.items() for line in lines if line in text] == []
    assert [(name, line) for name, text in around.items() for line in keys if len(line) > 12 and line in text] == []


def addresses_of(lab: Lab) -> set[str]:
    """Every address of an interface and every prefix and next hop of a route, as the payload writes them."""
    found = set()
    for node in lab.nodes:
        found |= {str(address) for interface in node.interfaces for address in interface.addresses}
        found |= {str(address.ip) for interface in node.interfaces for address in interface.addresses}
        found |= {str(route.prefix) for route in node.routes if route.prefix.prefixlen}
        found |= {str(route.next_hop) for route in node.routes if route.next_hop is not None}
    return found


def _stands_in(address: str, text: str) -> bool:
    return re.search(rf"(?<![\w.:]){re.escape(address)}(?![\w.:])", text) is not None


def _text(content: bytes) -> str:
    return content.decode(errors="replace")
