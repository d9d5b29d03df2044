"""`verify`, `trace`, `matrix` on real labs: statuses, what goes where, and every example."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from netdsl.cli.main import netdsl

EXAMPLES = Path(__file__).parents[2] / "examples"
LABS = tuple(sorted(EXAMPLES.glob("*/lab.net")))
SITES = EXAMPLES / "site-to-site" / "lab.net"
FAILING = """lab shop
network lan 10.1.0.0/24
network dmz 10.2.0.0/24
router gw { interface lan on lan .1 ; interface dmz on dmz .1 ; firewall { policy drop } }
host pc  { interface on lan ; default via gw }
host www { interface on dmz ; default via gw ; serve http tcp/80 }
expect { pc cannot reach www tcp/22 }
expect "the shop" { pc reaches www tcp/80 }
"""


def _run(*words: object, width: int = 80) -> Result:
    done = CliRunner(env={"COLUMNS": str(width)}).invoke(netdsl, [str(word) for word in words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


@pytest.fixture
def failing(tmp_path: Path) -> Path:
    (tmp_path / "lab.net").write_text(FAILING)
    return tmp_path / "lab.net"


@pytest.mark.parametrize("lab", LABS, ids=[lab.parent.name for lab in LABS])
def test_every_example_holds_what_it_expects(lab: Path) -> None:
    done = _run("verify", lab)
    assert (done.exit_code, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert " hold" in done.stdout.splitlines()[-1]


def test_a_line_that_fails_is_shown_with_its_reason_and_is_a_finding(failing: Path) -> None:
    done = _run("verify", failing)
    assert done.exit_code == 1
    assert done.stdout == (
        "expect (lab.net:7)\n"
        " lab.net:7\n"
        "  holds  pc cannot reach www tcp/22\n"
        "         dropped by `policy drop` of the forward chain at `gw` (lab.net:4)\n"
        "\n"
        'expect "the shop" (lab.net:8)\n'
        " lab.net:8\n"
        "  FAILS  pc reaches www tcp/80\n"
        "         dropped by `policy drop` of the forward chain at `gw` (lab.net:4)\n"
        "\n"
        "shop: 1 expectation holds, 1 does not\n"
    )
    assert "error[expectation-fails]" in done.stderr


def test_what_depends_on_raw_parts_has_a_question_mark(failing: Path) -> None:
    failing.write_text(FAILING.replace("firewall {", 'run "true" ; firewall {'))
    done = _run("verify", failing)
    assert (done.exit_code, done.stdout.count("  holds?  "), done.stdout.count("  FAILS?  ")) == (0, 1, 1)
    assert "1 expectation holds, 1 does not; 2 of them cannot be known" in done.stdout
    traced = _run("trace", failing, "pc", "www", "tcp/443").stdout
    assert "NOT VERIFIED dropped if commands, files, sysctls and tunnels of gw change nothing" in " ".join(
        traced.split()
    )
    assert "? not verified" in _run("matrix", failing).stdout


def test_verify_for_machines(failing: Path) -> None:
    document = json.loads(_run("verify", failing, "--format", "json").stdout)
    assert document["counts"] == {"held": 1, "failed": 1, "unverified": 0}
    assert [line["holds"] for block in document["expectations"] for line in block["lines"]] == [True, False]
    assert [found["code"] for found in document["diagnostics"]] == ["expectation-fails"]
    sarif = json.loads(_run("verify", failing, "--format", "sarif").stdout)
    assert [found["ruleId"] for found in sarif["runs"][0]["results"]] == ["expectation-fails"]


def test_a_lab_with_another_error_is_told_by_all_verbs(tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text("lab x\nhost a { interface on nowhere }\n")
    for words in (("verify",), ("trace", "a", "a"), ("matrix",)):
        done = _run(words[0], tmp_path / "lab.net", *words[1:])
        assert (done.exit_code, done.stdout) == (1, "")
        assert "error[unknown-name]" in done.stderr


def test_a_trace_ends_with_1_where_the_packet_does_not_pass(failing: Path) -> None:
    assert _run("trace", failing, "pc", "www").exit_code == 1
    assert _run("trace", failing, "pc", "gw.lan").exit_code == 1
    assert _run("trace", SITES, "a.client-1", "10.1.0.99", "tcp/8080").exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("a.cleint-1", "server"), "did you mean `a.client-1`?"),
        (("a.client-1", "server", "tcp/x"), "`x` in `tcp/x` is no port"),
        (("a.client-1", "server", "--down", "a.to-clou"), "did you mean `a.to-cloud`?"),
        (("a.client-1", "server", "--size", "9"), "--size"),
        (("a.client-1", "server", "--esp", "both"), "--esp"),
        (("a.client-1",), "TO"),
    ],
)
def test_what_is_no_question_is_wrong_usage(words: tuple[str, ...], said: str) -> None:
    done = _run("trace", SITES, *words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


def test_while_a_tunnel_is_down_its_traffic_is_held_back() -> None:
    done = _run("trace", SITES, "a.client-1", "10.1.0.99", "tcp/8080", "--down", "a.to-cloud", "--format", "json")
    document = json.loads(done.stdout)
    assert (done.exit_code, document["down"], document["encrypted_on"]) == (1, ["a.to-cloud"], [])


def test_esp_of_user_space_is_in_udp() -> None:
    done = _run("trace", SITES, "a.client-1", "10.1.0.99", "tcp/8080", "--esp", "user")
    assert (done.exit_code, "~ isp-a     ESP in UDP" in done.stdout) == (0, True)


def test_ipv6() -> None:
    done = _run("trace", EXAMPLES / "site-to-site-v6" / "lab.net", "client-a1", "server.http")
    assert (done.exit_code, "fc00:4300:aaea::aaea > fc00:4300:aaec::aaec" in done.stdout) == (0, True)


@pytest.mark.parametrize("lab", LABS, ids=[lab.parent.name for lab in LABS])
def test_a_matrix_fits(lab: Path) -> None:
    done = _run("matrix", lab)
    assert (done.exit_code, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_a_part_of_the_matrix_for_a_service() -> None:
    words = ("--service", "tcp/8080", "--from", "a.client-*", "--to", "server", "--format", "csv")
    done = _run("matrix", SITES, *words)
    assert [line.split(",")[:4] for line in done.stdout.splitlines()[1:]] == [
        ["a.client-1", "server", "10.3.0.3", "answered"],
        ["a.client-2", "server", "10.3.0.3", "answered"],
    ]
    assert "did you mean `server`?" in _run("matrix", SITES, "--to", "servre").stderr
