"""A lab as one source in which everything is decided."""

import re
from pathlib import Path

import pytest

from netdsl.diagnostics.core import Diagnostics
from netdsl.handout import handout
from netdsl.handout.flat import flat_source
from netdsl.handout.make import addresses
from netdsl.semantics.expand import expand
from netdsl.semantics.files import FolderReader, MemoryReader
from netdsl.semantics.load import Sources, load
from tests.compiling import lab_of

ROOT = Path(__file__).parents[2]
LABS = sorted(path for folder in ("examples", "tests/labs", "tests/live") for path in (ROOT / folder).rglob("*.net"))


def sources_of(files: dict[str, str]) -> Sources:
    diagnostics = Diagnostics()
    sources = load("lab.net", MemoryReader({name: text.encode() for name, text in files.items()}), diagnostics)
    assert not len(diagnostics)
    return sources


def flat(text: str, **others: str) -> str:
    files = {"lab.net": text} | {name.replace("_", "."): other for name, other in others.items()}
    diagnostics = Diagnostics()
    expanded = expand(sources_of(files), {}, diagnostics)
    assert not diagnostics.has_errors, [found.message for found in diagnostics]
    return flat_source(expanded)


def test_parameters_loops_and_conditions_are_decided() -> None:
    source = """lab x "Title $n"
param n = 2 in 1..9                # a secret
let faults = none, lost
let fault = ${pick(faults, hash(n))}
network lan 10.$n.0.0/24
for i in 1..$n {
  host h-$i { interface on lan .1$i ; if $fault == nothing { mtu 1400 } else { mtu 1${400 + i} } }   # another
}
expect failure when $n > 1 { h-1 reaches h-2 }
"""
    assert (
        flat(source)
        == """lab x "Title 2"

network lan 10.2.0.0/24
host h-1 { interface on lan .11 ; mtu 1401 }
host h-2 { interface on lan .12 ; mtu 1402 }
"""
    )


def test_a_template_without_a_name_is_its_statements() -> None:
    source = (
        "lab x\ntemplate t(a) { mtu $a }\nnetwork n 10.0.0.0/24\nhost h {\n  interface on n\n  use t (a = 1400)\n}\n"
    )
    assert flat(source) == "lab x\n\nnetwork n 10.0.0.0/24\nhost h {\n  interface on n\n  mtu 1400\n}\n"


def test_a_scope_is_a_template_used_once_and_names_lead_where_they_did() -> None:
    source = """lab x
template inner(gw) { host x { interface on net ; default via $gw } ; network net 10.9.0.0/24 }
template site(wan, n) {
  network lan 10.$n.0.0/24
  router gw { interface on $wan ; interface up on deep.net ; interface on lan }
  use inner as deep (gw = gw)
}
network wan 192.0.2.0/24
use site as one (wan = wan, n = 1)
expect { one.deep.x reaches one.gw }
"""
    assert (
        flat(source)
        == """lab x

network wan 192.0.2.0/24
use one-x as one

template one-x {
  network lan 10.1.0.0/24
  router gw { interface on wan ; interface up on deep.net ; interface on lan }
  use one-deep as deep
}

template one-deep {
  host x { interface on net ; default via one.gw }
  network net 10.9.0.0/24
}
"""
    )


def test_an_imported_file_becomes_a_template() -> None:
    site = "param n\nnetwork lan 10.$n.0.0/24\nhost pc { interface on lan }\n"
    assert flat('lab x\nimport "site.net"\nuse site as a (n = 4)\n', site_net=site) == (
        "lab x\n\nuse a-x as a\n\ntemplate a-x {\n  network lan 10.4.0.0/24\n  host pc { interface on lan }\n}\n"
    )


def test_texts_keep_their_meaning() -> None:
    text = r"""lab x
param who = "a # \"b\" \\ \$c"
network lan 10.0.0.0/24
host h {
  interface on lan
  env WHO = "$who" # why
  run "echo '$who' # no comment"
}
"""
    found = flat(text)
    assert r"""env WHO = "a # \"b\" \\ \$c" """.strip() in found
    assert r"""run "echo 'a # \"b\" \\ \$c' # no comment" """.strip() in found
    assert "why" not in found


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(
            path, marks=[pytest.mark.slow] * path.is_relative_to(ROOT / "tests"), id=str(path.relative_to(ROOT))
        )
        for path in LABS
    ],
)
def test_each_lab_can_be_handed_out(path: Path) -> None:
    """`handout` compiles the source that it gives, and refuses one that gives another lab."""
    diagnostics = Diagnostics()
    sources = load(path.name, FolderReader(path.parent, path.name), diagnostics)
    made = handout(sources, {}, diagnostics)
    if made is None:
        assert {found.rule.code for found in diagnostics if found.is_error} == {"missing-parameter"}, (
            "a file with inputs"
        )
        return
    text = made["lab.net"].decode()
    assert not re.search(r"^\s*expect\b", text, re.MULTILINE)
    assert "$" not in text.replace("\\$", "")


def test_what_nodes_read_is_there_by_another_path() -> None:
    files = {
        "lab.net": 'lab x\nimport "sub/site.net"\nuse site as s\n',
        "sub/site.net": 'network lan 10.0.0.0/24\nhost h { interface on lan ; file /etc/x from "data/x" }\n',
        "sub/data/x": "hello",
    }
    made = handout(sources_of(files), {}, Diagnostics())
    assert made is not None
    assert sorted(made) == ["addresses.md", "files/sub/data/x", "lab.net", "lab.svg"]
    assert 'from "files/sub/data/x"' in made["lab.net"].decode()
    assert made["files/sub/data/x"] == b"hello"


def test_a_lab_with_an_error_has_no_handout() -> None:
    diagnostics = Diagnostics()
    assert handout(sources_of({"lab.net": "host a { interface on nowhere }\n"}), {}, diagnostics) is None
    assert [found.rule.code for found in diagnostics if found.is_error] == ["unknown-name"]


def test_addresses_are_a_table() -> None:
    lab = lab_of(
        "lab x\nnetwork lan 10.0.0.0/24, fd00::/64\nrouter r { interface on lan ; loopback 10.9.9.9 ; uplink nat }\n"
    )
    assert addresses(lab) == (
        "| Node | Interface | Network | Addresses |\n"
        "| --- | --- | --- | --- |\n"
        "| r | lan | lan | 10.0.0.1/24, fd00::1/64 |\n"
        "| r | lo |  | 10.9.9.9/32 |\n"
        "| r | uplink | out of the lab | from the runtime |\n"
    )
