"""`change`: what services read when they begin (variables, certificates) and where they listen; each begins anew alone."""

import subprocess
from pathlib import Path

import pytest

from .node import Node
from .test_services import serving


def _change(node: Node) -> str:
    done = node.verb("change")
    assert (done.returncode == 0) == (done.stdout == ""), done
    return done.stdout.strip()


def _certify(node: Node, name: str) -> None:
    folder = node.folder / "netdsl/credentials/serve"
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
         f"/CN={name}", "-keyout", folder / "netdsl-services.key", "-out", folder / "netdsl-services.pem"],
        check=True, capture_output=True,
    )  # fmt: skip


def _shown(node: Node) -> str:
    """The subject of the certificate that the server shows."""
    found = node.inside("openssl", "s_client", "-connect", "127.0.0.1:443", text="").stdout
    return next(line.rpartition("=")[2].strip() for line in found.splitlines() if line.startswith("subject="))


def _daemons(node: Node) -> dict[str, str]:
    return {path.name: path.read_text().split()[0] for path in (node.state / "daemon").iterdir()}


@pytest.fixture
def secure(node: Node) -> Node:
    """A started node with a web server with TLS, and one without."""
    _certify(node, "one")
    serving(node, "https n.web tcp 443 socat", "http n.plain tcp 80 busybox")
    assert node.start() == ""
    assert _shown(node) == "one"
    return node


def test_a_renewed_certificate_reaches_the_server_that_shows_it(secure: Node) -> None:
    before = _daemons(secure)
    _certify(secure, "two")
    assert _change(secure) == ""
    assert _shown(secure) == "two"
    after = _daemons(secure)
    assert {name for name in after if after[name] != before[name]} == {"tcp-443"}
    assert secure.verb("ready").returncode == 0


def test_a_certificate_of_a_change_that_fails_is_not_shown(secure: Node) -> None:
    _certify(secure, "two")
    line = "https\tn.web\ttcp\t443\tsocat\nhttp\tn.plain\ttcp\t80\tbusybox\n"
    secure.data(services__tsv=f"{line}http\tn.x\ttcp\t99999\tbusybox\n")
    assert _change(secure) == "service n.x does not listen on tcp/99999"
    assert _shown(secure) == "one"
    assert secure.verb("ready").returncode == 0
    secure.data(services__tsv=line)
    assert _change(secure) == ""
    assert _shown(secure) == "two"


def test_services_have_the_variables_of_now(secure: Node) -> None:
    def given() -> set[str]:
        return {
            word
            for number in _daemons(secure).values()
            for word in Path(f"/proc/{number}/environ").read_text().split("\0")
            if word.startswith("V=")
        }

    assert given() == set()
    secure.data(env="V=1\n")
    assert _change(secure) == ""
    assert given() == {"V=1"}
    said = secure.verb("running").stdout
    secure.data(env="V=2\n", filter__nft="nonsense\n")
    assert "the packet filter is refused" in _change(secure)
    assert given() == {"V=1"}
    assert secure.verb("running").stdout == said


def _addresses(node: Node, *numbers: int) -> None:
    node.data(addresses__batch="".join(f"address add 10.9.0.{number}/32 dev lo\n" for number in numbers))


def _answers(node: Node, number: int) -> str:
    asked = ("socat", "-t5", "-", f"UDP4:10.9.0.{number}:514,bind=127.0.0.1")
    return node.inside(*asked, text="hello\n").stdout


def test_datagrams_are_answered_from_the_address_that_was_asked_after_changes(node: Node) -> None:
    serving(node, "udp n.log udp 514 socat")
    _addresses(node, 1)
    assert node.start() == ""
    assert set(_daemons(node)) == {"udp-514"}
    _addresses(node, 1, 2)
    assert _change(node) == ""
    both = {f"udp-514{part}" for part in ("", "-10.9.0.1", "-10.9.0.2")}
    assert set(_daemons(node)) == both
    assert [_answers(node, number) for number in (1, 2)] == ["n.log\nhello\n"] * 2
    before = _daemons(node)
    _addresses(node, 1, 2, 3)
    assert _change(node) == ""
    assert before.items() < _daemons(node).items()
    serving(node, "udp n.other udp 514 socat")
    _addresses(node, 3, 4)
    assert _change(node) == ""
    assert set(_daemons(node)) == {f"udp-514{part}" for part in ("", "-10.9.0.3", "-10.9.0.4")}
    assert [_answers(node, number) for number in (3, 4)] == ["n.other\nhello\n"] * 2
    _addresses(node, 1, 2)
    serving(node, "udp n.other udp 514 socat", "http n.x tcp 99999 busybox")
    node.data(parts="nftables\nsocat\nbusybox\n")
    assert _change(node) != ""
    assert set(_daemons(node)) == {f"udp-514{part}" for part in ("", "-10.9.0.3", "-10.9.0.4")}
    assert _answers(node, 4) == "n.other\nhello\n"
    serving(node, "udp n.other udp 514 socat")
    _addresses(node, 1)
    assert _change(node) == ""
    assert set(_daemons(node)) == {"udp-514"}
    assert node.verb("ready").returncode == 0
