"""Every verb as a user meets it: its status, where its words go, what it says when something is missing."""

import json
import os
import pty
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest

from netdsl.cli.main import _VERBS
from netdsl.cli.main import netdsl as netdsl_group
from netdsl.diagnostics.catalogue import homes
from tests.cli.calling import COMMAND, EXAMPLES, netdsl, tree

pytestmark = pytest.mark.slow  # each test starts processes

NO_ENGINE = {"DOCKER_HOST": "unix:///nonexistent"}
BAD = "lab x\nhost a { interface on nowhere }\n"
GOOD = "lab x\nnetwork lan 10.0.0.0/24\nhost a { interface on lan }\n"


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["chekc"], 2, "did you mean `check`"),
        (["check"], 2, "name a lab: bad.net, binary.net, broken.net, empty.net, good.net"),
        (["check", "good.net", "bad.net"], 1, "--> bad.net:2:23"),
        (["check", "good.net", "good.net"], 0, "no errors"),
        (["check", "nofile.net"], 2, "there is no file nofile.net"),
        (["check", EXAMPLES / "dmz"], 2, "dmz/lab.net"),
        (["check", "empty.net"], 1, "empty-lab"),
        (["check", "binary.net"], 1, "not-utf8"),
        (["check", "bad.net"], 1, "unknown-name"),
        (["check", "good.net"], 0, "no errors"),
        (["check", "good.net", "-D", "x"], 2, "NAME=VALUE"),
        (["check", "good.net", "-D", "x=1"], 1, "unknown-parameter"),
        (["check", "good.net", "--format", "xml"], 2, "sarif"),
        (["compile", "good.net", "-t", "vagrnt"], 2, "there are: compose"),
        (["compile", "good.net", "--driver", "brige"], 2, "macvlan, bridge, ipvlan"),
        (["compile", "good.net", "--set", "pol=1"], 2, "pool"),
        (["compile", "good.net", "-t", "vagrant", "--provider", "vmware"], 2, "libvirt, virtualbox"),
        (["compile", "good.net", "-t", "vagrant", "--set", "accelerator=xen"], 2, "kvm, tcg"),
        (["compile", "good.net", "--set", "pool=x"], 2, "IPv4 prefix"),
        (["compile", "good.net", "-o", "o", "--credentials", "o/keys"], 2, "below the output folder"),
        (["compile", "good.net", "--each", "x"], 2, "no parameter `x`"),
        (["compile", "bad.net"], 1, "unknown-name"),
        (["compile", "/"], 2, "is a folder"),
        (["fmt", "nofile.net"], 2, "there is no file"),
        (["fmt", "binary.net"], 2, "UTF-8"),
        (["fmt", "broken.net"], 1, "error["),
        (["dump", "bad.net"], 1, "unknown-name"),
        (["dump", "nofile.net"], 2, "there is no file"),
        (["explain", "no-rout"], 2, "did you mean `no-route`"),
        (["completion", "tcsh"], 2, "fish"),
        (["init", "--name", "A B"], 2, "lab name"),
        (["status"], 2, "nothing is compiled yet"),
        (["down", "x"], 2, "compile it first"),
        (["logs", "-l", "x"], 2, "compile it first"),
    ],
)
def test_status_and_words(words: list[str], status: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "empty.net").touch()
    (tmp_path / "binary.net").write_bytes(b"\xff\xfe\0\1" * 50)
    (tmp_path / "bad.net").write_text(BAD)
    (tmp_path / "good.net").write_text(GOOD)
    (tmp_path / "broken.net").write_text("lab x {{{\n")
    before = tree(tmp_path)
    done = netdsl(*words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (status, ""), done.stderr
    assert said in done.stderr
    assert tree(tmp_path) == before


def test_help_names_every_verb_and_the_exit_statuses(tmp_path: Path) -> None:
    done = netdsl("--help", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr == ""
    assert all(f"  {verb} " in done.stdout for verb in _VERBS)
    assert "1 findings" in done.stdout


@pytest.mark.parametrize("verb", _VERBS)
def test_every_verb_has_help(verb: str, tmp_path: Path) -> None:
    done = netdsl(verb, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: netdsl " + verb)


def test_standard_input(tmp_path: Path) -> None:
    assert netdsl("check", "-", cwd=tmp_path, stdin=GOOD).returncode == 0
    done = netdsl("check", "-", cwd=tmp_path, stdin=BAD)
    assert done.returncode == 1
    assert "<stdin>:2" in done.stderr
    assert netdsl("compile", "-", cwd=tmp_path, stdin=GOOD).returncode == 0
    assert (tmp_path / "build/x/compose/compose.yaml").is_file()


def test_findings_as_data_are_the_result(tmp_path: Path) -> None:
    (tmp_path / "bad.net").write_text(BAD)
    for form in ("json", "sarif"):
        for verb in ("check", "compile"):
            done = netdsl(verb, "bad.net", "--format", form, cwd=tmp_path)
            assert (done.returncode, done.stderr) == (1, "")
            assert "unknown-name" in done.stdout
            json.loads(done.stdout)
    (tmp_path / "good.net").write_text(GOOD)
    assert json.loads(netdsl("check", "good.net", "--format", "json", cwd=tmp_path).stdout) is not None


def test_options_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "good.net").write_text(GOOD)
    done = netdsl("compile", "good.net", cwd=tmp_path, environment={"NETDSL_COMPILE_OUTPUT": "there"})
    assert done.returncode == 0
    assert (tmp_path / "there/compose.yaml").is_file()
    done = netdsl("check", "good.net", cwd=tmp_path, environment={"NETDSL_CHECK_FORMAT": "json"})
    json.loads(done.stdout)
    done = netdsl("compile", "good.net", cwd=tmp_path, environment={"NETDSL_COMPILE_TARGET": "nonsense"})
    assert done.returncode == 2


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str, tmp_path: Path) -> None:
    done = netdsl("completion", shell, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "netdsl" in done.stdout
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=done.stdout, text=True, check=True)


def test_a_first_lab_is_clean(tmp_path: Path) -> None:
    done = netdsl("init", "first", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.splitlines() == ["netdsl check first/lab.net", "netdsl up first/lab.net"]
    checked = netdsl("check", "first/lab.net", cwd=tmp_path)
    assert checked.returncode == 0
    assert checked.stderr.count("\n") == 1, checked.stderr
    assert netdsl("fmt", "--check", "first/lab.net", cwd=tmp_path).returncode == 0
    assert netdsl("compile", "first/lab.net", cwd=tmp_path).returncode == 0
    records = [path.read_text() for path in tmp_path.glob("build/first/compose/payload/nodes/*/tunnels.tsv")]
    assert [record.split("\t")[3] for record in records] == ["boot", "boot"], "the first ping of a newcomer is not lost"
    again = netdsl("init", "first", cwd=tmp_path)
    assert again.returncode == 2
    assert "exists" in again.stderr


IMPORTED = """template site() {
  host a { interface on nowhere }
}
"""
IMPORTER = """lab x
import "parts/site.net" as parts
use parts.site as s
"""


@pytest.mark.parametrize(
    "given", ["below/lab.net", "./below/lab.net", "../{here}/below/lab.net", "{whole}/below/lab.net"]
)
@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_a_finding_names_its_file_as_the_lab_was_given(given: str, form: str, tmp_path: Path) -> None:
    (tmp_path / "below/parts").mkdir(parents=True)
    (tmp_path / "below/lab.net").write_text(IMPORTER)
    (tmp_path / "below/parts/site.net").write_text(IMPORTED)
    given = given.format(here=tmp_path.name, whole=tmp_path)
    done = netdsl("check", given, "--format", form, cwd=tmp_path)
    folder = given.removeprefix("./").removesuffix("/lab.net")
    said = {
        "text": (f"--> {folder}/parts/site.net:2:25\n", f"::: {folder}/lab.net:3:1\n"),
        "json": (f'"file": "{folder}/parts/site.net"', f'"file": "{folder}/lab.net"'),
        "sarif": (f'{folder}/parts/site.net"', f'{folder}/lab.net"'),
    }
    for text in said[form]:
        assert text in (done.stderr if form == "text" else done.stdout)


def test_a_compiled_lab_does_not_depend_on_the_path_of_its_source(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below/lab.net").write_text(GOOD)
    assert netdsl("compile", "below/lab.net", cwd=tmp_path).returncode == 0
    assert netdsl("compile", "lab.net", cwd=tmp_path / "below").returncode == 0
    first, second = tree(tmp_path / "build/x/compose"), tree(tmp_path / "below/build/x/compose")
    assert first["netdsl-manifest.json"] == second["netdsl-manifest.json"]


def test_the_only_lab_here_needs_no_name(tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(GOOD)
    done = netdsl("check", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "x: 1 nodes, 1 networks: no errors\n")
    (tmp_path / "lab.net").unlink()
    assert "there is no file *.net here" in netdsl("check", cwd=tmp_path).stderr


@pytest.mark.parametrize(
    ("there", "made", "here", "given", "place"),
    [(".", "a/lab.net", "a", "lab.net", "../build/x/compose"), ("a", "lab.net", ".", "a/lab.net", "a/build/x/compose")],
)
def test_a_lab_is_found_where_it_was_compiled(
    there: str, made: str, here: str, given: str, place: str, tmp_path: Path
) -> None:
    """In a folder around this one, or in the source's own."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a/lab.net").write_text(GOOD)
    assert netdsl("compile", made, cwd=tmp_path / there).returncode == 0
    for verb in (["status", given], ["down", given], ["logs", "-l", given], ["exec", "-l", given, "a", "true"]):
        done = netdsl(*verb, cwd=tmp_path / here, environment=NO_ENGINE)
        assert done.returncode == 3, done.stderr
        assert done.stderr.startswith(f"note: {place}\n")
    assert netdsl("status", given, "-o", "elsewhere", cwd=tmp_path / here).returncode == 2


def test_down_of_a_lab_that_was_never_compiled_says_so_where_no_engine_answers(tmp_path: Path) -> None:
    """And that what runs was not asked for, in whatever way the engine is missing."""
    done = netdsl("down", "x", cwd=tmp_path, environment=NO_ENGINE)
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no compiled lab at build/x/compose; compile it first" in done.stderr
    assert "what runs cannot be asked for: " in done.stderr


def test_explain_knows_every_code(tmp_path: Path) -> None:
    listed = netdsl("explain", cwd=tmp_path).stdout
    assert [line.split()[0] for line in listed.splitlines()] == sorted(homes())
    assert netdsl("explain", "no-route", cwd=tmp_path).stdout.startswith("# no-route")


@pytest.mark.parametrize("stage", ["tree", "document", "ir"])
def test_dumps_are_stable(stage: str, tmp_path: Path) -> None:
    texts = {
        netdsl(
            "dump", EXAMPLES / "dmz/lab.net", "--stage", stage, cwd=tmp_path, environment={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    (text,) = texts
    assert json.loads(text)
    assert str(EXAMPLES) not in text


def test_each_student(tmp_path: Path) -> None:
    lab = tmp_path / "lab.net"
    lab.write_text((EXAMPLES / "students/lab.net").read_text().replace("in 1..30", "in 1..3"))
    done = netdsl("compile", "lab.net", "--each", "student", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "build").iterdir() if path.is_dir()) == [
        f"vpn-hunt-{number}" for number in (1, 2, 3)
    ]
    projects = [
        json.loads((tmp_path / f"build/vpn-hunt-{number}/compose/netdsl-manifest.json").read_text())["project"]
        for number in (1, 2, 3)
    ]
    assert len(set(projects)) == 3


class TestFormat:
    UGLY = "lab   x\r\nnetwork lan    10.0.0.0/24   # why\r\nhost a {interface on lan}"

    def test_in_place(self, tmp_path: Path) -> None:
        path = tmp_path / "lab.net"
        path.write_bytes(self.UGLY.encode())
        path.chmod(0o640)
        done = netdsl("fmt", "lab.net", cwd=tmp_path)
        assert (done.returncode, done.stdout) == (0, "")
        text = path.read_bytes()
        assert b"\r" not in text
        assert text.endswith(b"}\n")
        assert b"# why" in text
        assert path.stat().st_mode & 0o777 == 0o640
        stamp = path.stat().st_mtime_ns
        assert netdsl("fmt", "lab.net", cwd=tmp_path).returncode == 0
        assert path.stat().st_mtime_ns == stamp

    def test_looking_changes_nothing(self, tmp_path: Path) -> None:
        path = tmp_path / "lab.net"
        path.write_bytes(self.UGLY.encode())
        assert netdsl("fmt", "--check", "lab.net", cwd=tmp_path).returncode == 1
        done = netdsl("fmt", "--diff", "lab.net", cwd=tmp_path)
        assert "+network lan 10.0.0.0/24" in done.stdout
        assert path.read_bytes() == self.UGLY.encode()

    def test_standard_input(self, tmp_path: Path) -> None:
        done = netdsl("fmt", "-", cwd=tmp_path, stdin=self.UGLY)
        assert done.returncode == 0
        again = netdsl("fmt", "-", cwd=tmp_path, stdin=done.stdout)
        assert again.stdout == done.stdout
        assert netdsl("fmt", "--check", "-", cwd=tmp_path, stdin=done.stdout).returncode == 0


@pytest.mark.parametrize(
    ("words", "status"),
    [("up", 3), ("status", 1), ("logs", 0), ("down", 0), ("exec a true", 3), ("shell a", 3), ("capture a.lan", 3)],
)
def test_without_vagrant(words: str, status: int, tmp_path: Path) -> None:
    """What can be said without it is said: nothing was started."""
    (tmp_path / "lab.net").write_text(GOOD)
    assert netdsl("compile", "lab.net", "-t", "vagrant", cwd=tmp_path).returncode == 0
    verb, *rest = words.split()
    done = netdsl(verb, "-t", "vagrant", *rest, cwd=tmp_path, environment={"PATH": str(tmp_path)})
    assert done.returncode == status, done.stderr
    if verb == "up":
        assert "no `vagrant` on the PATH" in done.stderr
        assert "netdsl doctor -t vagrant" in done.stderr
    elif status == 3:
        assert "no node `a` was started in `x` (started: none)" in done.stderr


def test_two_targets_in_one_call(tmp_path: Path) -> None:
    (tmp_path / "good.net").write_text(GOOD)
    words = ("-t", "compose", "-t", "vagrant", "--driver", "bridge", "--provider", "virtualbox")
    done = netdsl("compile", "good.net", *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "driver: bridge" in (tmp_path / "build/x/compose/compose.yaml").read_text()
    assert "provider: 'virtualbox'" in (tmp_path / "build/x/vagrant/Vagrantfile").read_text()


def test_what_vagrant_keeps_in_a_folder_is_in_no_compilations_way(tmp_path: Path) -> None:
    (tmp_path / "good.net").write_text(GOOD)
    assert netdsl("compile", "good.net", "-t", "vagrant", cwd=tmp_path).returncode == 0
    folder = tmp_path / "build/x/vagrant"
    kept = folder / ".vagrant/machines/a/libvirt/id"
    kept.parent.mkdir(parents=True)
    kept.write_text("1234")
    for path in folder.iterdir():
        if path.name != ".vagrant":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    again = netdsl("compile", "good.net", "-t", "vagrant", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert kept.read_text() == "1234"


@pytest.mark.parametrize(("days", "said"), [(-2, "have ended"), (12, "end in 1"), (300, None)])
def test_up_warns_before_certificates_end(days: int, said: str | None, tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(GOOD)
    assert netdsl("compile", "lab.net", cwd=tmp_path).returncode == 0
    manifest = tmp_path / "build/x/compose/netdsl-manifest.json"
    end = (datetime.now(UTC) + timedelta(days=days)).isoformat()
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "expires": end}))
    done = netdsl("up", cwd=tmp_path, environment=NO_ENGINE)
    assert done.returncode == 3, "there is no engine"
    assert ("warning: certificates" in done.stderr) == (said is not None)
    assert (said or "") in done.stderr


@pytest.mark.parametrize("verb", _VERBS)
def test_every_option_has_a_name_in_the_environment(verb: str) -> None:
    command = netdsl_group.get_command(click.Context(netdsl_group), verb)
    assert command is not None
    for option in command.params:
        if isinstance(option, click.Option):
            assert str(option.envvar).startswith(f"NETDSL_{verb.upper()}_")


def test_a_reader_that_goes_away(tmp_path: Path) -> None:
    command = " ".join(COMMAND)
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} dump {EXAMPLES}/dmz/lab.net | head -c 10"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert done.returncode in (0, 141)


def _on_a_terminal(folder: Path, **environment: str) -> str:
    """What `check` says where its standard error is a terminal."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "check", "bad.net"],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=follower, stdin=subprocess.DEVNULL,
        env={**os.environ, "TERM": "xterm", **environment},
    )  # fmt: skip
    os.close(follower)
    said = b""
    while True:
        try:
            part = os.read(leader, 4096)
        except OSError:
            break
        if not part:
            break
        said += part
    os.close(leader)
    process.wait(30)
    return said.decode()


def test_colour_is_for_terminals_that_want_it(tmp_path: Path) -> None:
    (tmp_path / "bad.net").write_text(BAD)
    assert "\x1b[" in _on_a_terminal(tmp_path)
    assert "\x1b[" not in _on_a_terminal(tmp_path, NO_COLOR="1")
    assert "\x1b[" not in _on_a_terminal(tmp_path, TERM="dumb")
    assert "\x1b[" not in netdsl("check", "bad.net", cwd=tmp_path, environment={"TERM": "xterm"}).stderr
