"""The driver of the target `vagrant`: what is read from Vagrant's words, what `up` decides, and what reaches a machine."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from netdsl.backends.vagrant import boxes, doctor, leftovers, reach, ssh, vagrant
from netdsl.backends.vagrant import driver as vagrant_driver
from netdsl.backends.vagrant.driver import driver
from netdsl.backends.vagrant.explain import explain
from netdsl.backends.vagrant.inside import (
    Readiness,
    capture_command,
    inside_command,
    logs_command,
    node_state,
    prefixed,
    readiness,
    ready_command,
)
from netdsl.backends.vagrant.lower import DEFAULT_MEMORY_MIB
from netdsl.backends.vagrant.machines import Made, Wanted, made_machines, node_of, steps, vagrant_name, wanted_machines
from netdsl.backends.vagrant.ssh import Connection, Unreachable
from netdsl.backends.vagrant.vagrant import Ended, Failure, OutputLine
from netdsl.runtime.driver import Deployment, DriverError, NodeState
from tests.outputs import write_output

STATUS = """\
1795262868,a-gw,metadata,provider,libvirt
1795262869,a-gw,provider-name,libvirt
1795262869,a-gw,state,running
1795262869,a-gw,state-human-long,The Libvirt domain is running. To stop this machine%!(VAGRANT_COMMA) you can run\\n`halt`.
1795262869,b,state,not_created
1795262869,,ui,info,Current machine states:\\n\\na-gw  running (libvirt)
"""
PLUGINS = """\
1795262833,,ui,info,vagrant-libvirt (0.11.2%!(VAGRANT_COMMA) system)
1795262833,,plugin-name,vagrant-libvirt
1795262833,vagrant-libvirt,plugin-version,0.11.2%!(VAGRANT_COMMA) system
"""
BOXES = """\
1795262834,,ui,info,debian/x (libvirt%!(VAGRANT_COMMA) 1.0)
1795262834,,box-name,debian/x
1795262834,,box-provider,libvirt
1795262834,,box-version,1.0
1795262834,,box-name,netdsl/debian-13
1795262834,,box-provider,virtualbox
1795262834,,box-version,0
"""
TOGETHER = """\
[fog][WARNING] Unrecognized arguments: libvirt_ip_command
==> b: An error occurred. The error will be shown after all tasks complete.
==> b: `b` did not come up; the end of its console (/x/b.console):
==> b:   Kernel panic - not syncing
An error occurred while executing multiple actions in parallel.
Any errors that occurred are shown below.

An error occurred while executing the action on the 'a'
machine. Please handle this error then try again:

Failed to start domain: out of luck

An error occurred while executing the action on the 'b'
machine. Please handle this error then try again:

Timed out while waiting for the machine to boot. This means that
Vagrant was unable to communicate with the guest machine.
"""


class TestReading:
    def test_states(self) -> None:
        assert vagrant.states(STATUS) == {"a-gw": "running", "b": "not_created"}

    def test_versions_of_plugins(self) -> None:
        assert vagrant.plugins(PLUGINS) == {"vagrant-libvirt": "0.11.2"}

    def test_boxes_with_their_providers(self) -> None:
        assert vagrant.boxes(BOXES) == (("debian/x", "libvirt"), ("netdsl/debian-13", "virtualbox"))

    def test_a_line_names_its_machine(self) -> None:
        assert vagrant.parsed_line("==> a-gw: Starting domain.") == OutputLine(
            "a-gw", "Starting domain.", is_detail=False
        )
        assert vagrant.parsed_line("    a-gw: SSH username: vagrant") == OutputLine(
            "a-gw", "SSH username: vagrant", is_detail=True
        )
        assert vagrant.parsed_line("==> a:  -- Memory:  256M") == OutputLine("a", "-- Memory:  256M", is_detail=True)
        assert vagrant.parsed_line("Bringing machine 'a' up") == OutputLine(
            None, "Bringing machine 'a' up", is_detail=False
        )

    def test_steps_in_few_words(self) -> None:
        assert vagrant.step(vagrant.parsed_line("==> a: Starting domain.")) == "a: starting"
        assert vagrant.step(vagrant.parsed_line("==> a: Something new happens")) == "a: Something new happens"
        assert vagrant.step(vagrant.parsed_line("==> a: Creating shared folders metadata...")) is None
        assert vagrant.step(vagrant.parsed_line("    a: SSH username: vagrant")) is None

    def test_failures_of_machines_that_come_up_together(self) -> None:
        first, second = vagrant.failures(vagrant.without_noise(TOGETHER))
        assert first == Failure("a", "Failed to start domain: out of luck")
        assert second.machine == "b"
        assert second.reason.startswith("Timed out while waiting")
        assert second.console[-1] == "Kernel panic - not syncing"

    def test_a_failure_of_one_machine_is_known_by_its_console(self) -> None:
        errors = "==> a: `a` did not come up; the end of its console (c):\n==> a:   panic\nTimed out\n"
        assert vagrant.failures(errors) == (
            Failure("a", "Timed out", ("`a` did not come up; the end of its console (c):", "panic")),
        )

    def test_a_failure_of_none(self) -> None:
        assert vagrant.failures("There is a syntax error\n") == (Failure(None, "There is a syntax error"),)
        assert vagrant.failures("") == ()


class TestExplaining:
    def test_the_machine_its_reason_its_console_and_the_remedy(self) -> None:
        error = explain(Ended("vagrant up", 1, "", vagrant.without_noise(TOGETHER)), "come up")
        assert error.message == "the machines `a`, `b` did not come up: a guest's kernel crashed"
        assert "Failed to start domain: out of luck" in error.tail
        assert "console" in str(error.remedy)

    @pytest.mark.parametrize(
        ("errors", "cause", "remedy"),
        [
            ("Error while connecting to Libvirt: Error making a connection", "libvirt does not answer", "doctor"),
            ("The provider 'virtualbox' that was requested to back the machine\n'a' is reporting", "VirtualBox", "libvirt"),
            ("The box 'x/y' could not be found or\ncould not be accessed", "no box", "tools/vagrant-box"),
            ("Could not access KVM kernel module: Permission denied", "KVM refuses", "NETDSL_ACCELERATOR=tcg"),
            ("internal error: Network is already in use by interface virbr1", "management network", "--set pool"),
            ("Name `p_a` of domain about to create is already taken.", "machines of that name", "--project"),
        ],
    )  # fmt: skip
    def test_known_causes(self, errors: str, cause: str, remedy: str) -> None:
        error = explain(Ended("vagrant up", 1, "", errors), "come up")
        assert cause in error.message
        assert remedy in str(error.remedy)

    def test_what_ruby_says_of_its_own_files_does_not_hide_the_reason(self) -> None:
        trace = "".join(f"/usr/lib/vagrant/lib/vagrant/{name}.rb:6:in `call'\n" for name in "abcdefghijklmnopqrst")
        error = explain(
            Ended("vagrant up", 1, "", f"Storage volume not found (Libvirt::RetrieveError)\n{trace}"), "come up"
        )
        assert error.tail == "Storage volume not found (Libvirt::RetrieveError)"

    def test_what_nobody_knows_is_told_as_it_is(self) -> None:
        error = explain(Ended("vagrant up", 1, "==> a: Starting domain.\n", "Something else"), "come up")
        assert (error.message, error.tail, error.remedy) == ("the machines did not come up", "Something else", None)


def _made(name: str, hardware: str | None, inside: str | None) -> Made:
    return Made(name, "libvirt", f"id-{name}", Path("x"), hardware, inside)


class TestDeciding:
    WANTED = (Wanted("a", "h1", "i1"), Wanted("b", "h2", "i2"))

    def test_nothing_where_nothing_changed(self) -> None:
        assert steps(self.WANTED, [_made("a", "h1", "i1")]) == vagrant_steps()

    def test_other_hardware_is_a_new_machine(self) -> None:
        assert steps(self.WANTED, [_made("a", "h0", "i0")]) == vagrant_steps(anew=("a",))

    def test_another_inside_is_provisioned(self) -> None:
        assert steps(self.WANTED, [_made("a", "h1", "i0"), _made("b", "h2", "i2")]) == vagrant_steps(again=("a",))

    def test_what_was_never_provisioned_to_the_end_is_provisioned(self) -> None:
        assert steps(self.WANTED, [_made("a", None, None)]) == vagrant_steps(again=("a",))

    def test_what_is_no_longer_in_the_lab_goes(self) -> None:
        assert steps(self.WANTED, [_made("z", "h1", "i1")]) == vagrant_steps(obsolete=("z",))


def vagrant_steps(anew: tuple[str, ...] = (), again: tuple[str, ...] = (), obsolete: tuple[str, ...] = ()) -> object:
    from netdsl.backends.vagrant.machines import Steps

    return Steps(anew, again, obsolete)


@pytest.fixture
def sockets() -> Iterator[Path]:
    """A folder with a name that is short enough for sockets, which pytest's own is not."""
    with TemporaryDirectory(prefix="n-", dir="/tmp") as place:
        yield Path(place)


@pytest.fixture
def folder(tmp_path: Path, sockets: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An output folder with the machines `a` (made) and `b` (not)."""
    monkeypatch.delenv("VAGRANT_DOTFILE_PATH", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(sockets))
    digests = b"a\th1\ti1\nb\th2\ti2\n"
    tables = {
        "machine/digests.tsv": digests,
        "machine/networks.tsv": b"lab.lan\tmtu 1500\nnetdsl-lab\t10.176.0.0/26 nat\n",
    }
    write_output(tmp_path, {"Vagrantfile": b"", "machine/netdsl.rb": b"", **tables})
    place = tmp_path / ".vagrant/machines/a.node/libvirt"
    place.mkdir(parents=True)
    (place / "id").write_text("1234")
    (place / "netdsl-hardware").write_text("h1\n")
    (tmp_path / ".vagrant/machines/b.node/libvirt").mkdir(parents=True)
    return tmp_path


class TestTheFolder:
    def test_what_is_wanted_and_what_is_made(self, folder: Path) -> None:
        assert wanted_machines(folder) == (Wanted("a", "h1", "i1"), Wanted("b", "h2", "i2"))
        (made,) = made_machines(folder)
        assert (made.name, made.provider, made.id, made.hardware, made.inside) == ("a", "libvirt", "1234", "h1", None)

    @pytest.mark.parametrize(
        ("node", "name"),
        [
            ("a", "a.node"),
            ("b1", "b1.node"),
            ("10", "10.node"),
            ("dead-beef", "dead-beef"),
            ("gw", "gw"),
            ("pc-a", "pc-a"),
        ],
    )
    def test_no_machine_has_a_name_that_could_begin_another_one_s_id(self, node: str, name: str) -> None:
        assert vagrant_name(node) == name
        assert node_of(name) == node

    def test_a_folder_of_another_target_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(DriverError, match=r"digests\.tsv"):
            wanted_machines(tmp_path)

    @pytest.mark.parametrize("content", [b"a\th1\n", b"\n", b"\xff\x00"])
    def test_a_file_that_somebody_changed_is_told(self, folder: Path, content: bytes) -> None:
        (folder / "machine/digests.tsv").write_bytes(content)
        with pytest.raises(DriverError, match=r"digests\.tsv is not as netdsl wrote it") as error:
            wanted_machines(folder)
        assert "compile" in str(error.value.remedy)

    def test_vagrant_is_asked_for_connections_once(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        calls: list[tuple[str, ...]] = []

        def call(_: Path, *words: str) -> Ended:
            calls.append(words)
            return Ended("", 0, "Host a.node\n  HostName 10.0.0.1\n", "")

        monkeypatch.setattr(ssh.vagrant, "call", call)
        made = made_machines(folder)
        assert ssh.known_configuration(folder, made) is None
        config = ssh.asked_configuration(folder, made, ["a"])
        assert config is not None
        assert ssh.configured_machines(config) == {"a"}
        assert ssh.known_configuration(folder, made) == config
        assert calls == [("ssh-config", "a.node")]
        assert ssh.known_configuration(folder, [_made("a", None, None)]) is None, "another machine"

    def test_a_machine_that_is_not_in_the_configuration_is_never_looked_for(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """ssh would take its name for that of any host."""
        answers = {"ssh-config": Ended("", 1, "", "not ready"), "status": Ended("", 0, "1,a.node,state,shutoff\n", "")}
        monkeypatch.setattr(reach.vagrant, "call", lambda _, *words: answers[words[0]])
        found = reach.reach(folder, made_machines(folder))
        assert (found.connections, found.states) == ({}, {"a": "shutoff"})
        with pytest.raises(DriverError, match=r"`a` does not run \(shutoff\)"):
            reach.reach_node(Deployment(folder, "p"), "a")

    def test_nodes_that_are_not_there_are_told_with_those_that_are(self, folder: Path) -> None:
        with pytest.raises(DriverError, match=r"no node `x` was started in `p` \(started: a\)"):
            driver.execute(Deployment(folder, "p"), "x", ["true"], is_admin=False)

    def test_sockets_lie_in_a_private_folder(self, folder: Path, sockets: Path) -> None:
        (made,) = made_machines(folder)
        socket = ssh.connection_to(folder, made, folder / "config").socket
        assert socket.is_relative_to(sockets)
        assert socket.parent.stat().st_mode & 0o777 == 0o700
        socket.parent.chmod(0o755)
        with pytest.raises(DriverError, match="not a private folder"):
            ssh.connection_to(folder, made, folder / "config")


class TestWithoutVagrant:
    @pytest.fixture(autouse=True)
    def nothing_installed(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))

    def test_up_says_so(self, folder: Path) -> None:
        with pytest.raises(DriverError, match="no `vagrant` on the PATH") as error:
            driver.up(Deployment(folder, "p"), lambda _: None, timeout=1)
        assert "netdsl doctor" in str(error.value.remedy)

    def test_a_lab_that_was_never_started_is_down(self, folder: Path) -> None:
        (folder / ".vagrant/machines/a.node/libvirt/id").unlink()
        driver.down(Deployment(folder, "p"), lambda _: None)
        assert driver.status(Deployment(folder, "p")) == (NodeState("a", "absent", "-"), NodeState("b", "absent", "-"))

    def test_doctor_says_so(self) -> None:
        assert [(check.what, check.is_ok) for check in driver.doctor()] == [("vagrant", False)]


class TestDoctor:
    """With programs that answer in the words of the real ones."""

    @pytest.fixture
    def programs(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
        monkeypatch.setenv("PATH", str(tmp_path))
        plugin = "1795262833,vagrant-libvirt,plugin-version,0.11.2%!(VAGRANT_COMMA) system"
        self.program(
            tmp_path / "vagrant", f'case $1 in --version) echo "Vagrant 2.4.1";; plugin) echo "{plugin}";; esac'
        )
        self.program(tmp_path / "ssh", "exit 0")
        return tmp_path

    @staticmethod
    def program(path: Path, text: str) -> None:
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def test_a_plug_in_without_its_libvirt_is_no_provider(self, programs: Path) -> None:
        checks = {check.what: check for check in driver.doctor()}
        assert checks["provider libvirt: plugin"].is_ok
        assert not checks["a provider"].is_ok
        assert checks["a provider"].is_required
        assert checks["box"].found == "none of netdsl/debian-13, cloud-image/debian-13, bento/debian-13"

    def test_it_looks_for_the_boxes_and_the_memory_that_machines_are_made_with(self) -> None:
        fixed = (Path(doctor.__file__).parent / "machine/netdsl.rb").read_text(encoding="utf-8")
        found = set(re.findall(r"%w\[\w+ (\w+)\] => '([^']+)'", fixed))
        assert found == set(boxes.PUBLIC_BOXES.items())
        assert f"OWN_BOX = '{boxes.OWN_BOX}'" in fixed
        assert doctor.MEMORY_MIB == DEFAULT_MEMORY_MIB

    @pytest.mark.parametrize(
        ("answer", "is_ok", "found"),
        [
            ("echo 7.0.20r163906", True, "7.0.20r163906"),
            ("echo 6.1.50r161033", False, "6.1.50r161033; 7.0 or later is needed"),
            ("echo 'WARNING: The vboxdrv kernel module is not loaded.'; echo 7.1.4r1", False, "WARNING: The vboxdrv"),
            ("exit 1", False, "does not answer"),
        ],
    )
    def test_virtualbox_is_of_a_version_that_is_compiled_for(
        self, programs: Path, answer: str, is_ok: bool, found: str
    ) -> None:
        self.program(programs / "VBoxManage", answer)
        checks = {check.what: check for check in driver.doctor()}
        assert checks["provider virtualbox"].is_ok == is_ok
        assert checks["provider virtualbox"].found.startswith(found)
        assert ("a provider" in checks) != is_ok


class TestInside:
    def test_ready_with_what_the_node_says(self) -> None:
        text = "active\nnode\tready\ninterface\tlan\tUP\t10.0.0.1/24\n"
        assert node_state("a", text) == NodeState(
            "a", "running", "ready", ("node\tready", "interface\tlan\tUP\t10.0.0.1/24")
        )

    @pytest.mark.parametrize(
        ("text", "health", "detail"),
        [
            ("activating\nnode\tstill starting\n", "starting", "still starting"),
            ("active\nnode\ttunnel t is down\n", "not ready", "tunnel t is down"),
            ("failed\nnode\tlan is missing\n", "not ready", "lan is missing"),
            ("failed\nnode\tstill starting\n", "not ready", "netdsl.service is failed"),
            ("failed\nnode\tready\n", "not ready", "netdsl.service is failed"),
            ("inactive\n", "not ready", "it is not set up"),
            ("", "not ready", "it is not set up"),
        ],
    )
    def test_not_ready_with_its_reason(self, text: str, health: str, detail: str) -> None:
        lines = tuple(line for line in text.splitlines()[1:] if line)
        assert node_state("a", text) == NodeState("a", "running", health, lines, detail)

    @pytest.mark.parametrize(
        ("unit", "system", "is_final"),
        [
            ("inactive", "starting", False),  # a machine's ssh answers before all of it has booted
            ("inactive", "running", True),
            ("failed", "starting", True),
            ("activating", "starting", False),
            ("active", "running", False),
        ],
    )
    def test_what_is_not_ready_yet_is_waited_for(self, tmp_path: Path, unit: str, system: str, is_final: bool) -> None:
        assert readiness(*self.said(tmp_path, unit, system)) == Readiness(False, is_final, "still starting")

    def test_a_node_that_takes_its_time_to_say_so_is_not_waited_for(self, tmp_path: Path) -> None:
        """As on an emulated processor that has no time of a busy host."""
        status, output = self.said(
            tmp_path, "active", "running", node='[ -z "$2" ] || exec sleep 60\necho slow; exit 1'
        )
        assert (status, output) == (1, "active\nslow\n")

    def test_one_that_will_not_get_ready_any_more_is_not_waited_for(self, tmp_path: Path) -> None:
        said = self.said(tmp_path, "active", "running", node="echo run 1 has ended; exit 3")
        assert readiness(*said) == Readiness(False, True, "run 1 has ended")

    def test_a_node_that_is_ready_says_nothing(self, tmp_path: Path) -> None:
        assert self.said(tmp_path, "active", "running", node="exit 0") == (0, "")

    @staticmethod
    def said(folder: Path, unit: str, system: str, node: str = "echo still starting; exit 1") -> tuple[int, str]:
        """The status and output of what is run in a machine, with another `systemctl` and `node.sh`."""
        (folder / "node.sh").write_text(f"{node}\n")
        (folder / "systemctl").write_text(f"#!/bin/sh\n[ $1 = is-active ] && echo {unit} || echo {system}\n")
        (folder / "systemctl").chmod(0o755)
        words = [word.replace("/netdsl/lab/node.sh", str(folder / "node.sh")) for word in ready_command(1)]
        path = f"{folder}:{os.environ['PATH']}"
        done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False, env={"PATH": path})
        return done.returncode, done.stdout

    def test_waiting_ends_where_the_unit_has(self) -> None:
        assert readiness(0, "").is_ready
        assert not readiness(1, "active\nstill starting\n").is_final
        assert readiness(1, "failed\nlan is missing\n").reason == "lan is missing"
        assert readiness(1, "failed\n").is_final

    def test_a_command_enters_a_node_that_runs_alone(self, tmp_path: Path) -> None:
        (tmp_path / "systemctl").write_text("#!/bin/sh\necho 0\n")
        (tmp_path / "systemctl").chmod(0o755)
        path = f"{tmp_path}:{os.environ['PATH']}"
        words = inside_command(["touch", str(tmp_path / "entered")])
        done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False, env={"PATH": path})
        assert (done.returncode, done.stderr) == (1, "netdsl.service has ended: only --admin enters\n")
        assert not (tmp_path / "entered").exists()

    def test_logs_of_several_nodes_are_told_apart(self) -> None:
        assert prefixed(["a-gw", "b"]) == {"a-gw": "a-gw  | ", "b": "b     | "}

    def test_what_is_watched_ends_with_its_input(self) -> None:
        """As `logs --follow` and `capture` run it, with a command that would sleep for a minute."""
        script = logs_command(follow=True)[:4]
        with subprocess.Popen([*script, "sleep", "60"], stdin=subprocess.PIPE) as process:
            assert process.stdin is not None
            process.stdin.close()
            assert process.wait(30) == 128 + 15

    def test_what_is_watched_keeps_its_status_and_output(self) -> None:
        script = capture_command("lan", is_text=True, count=None)[:4]
        with subprocess.Popen(
            [*script, "sh", "-c", "echo x; exit 7"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            assert process.stdout.read() == b"x\n"
            assert process.wait(30) == 7

    def test_capture(self) -> None:
        command = capture_command("wan", is_text=False, count=3)
        assert command[4:] == (
            *("tcpdump", "-p", "-Z", "root", "-i", "wan", "--immediate-mode", "-c", "3", "-U", "-w", "-"),
        )


def test_what_ssh_says_in_several_lines_is_one_line_of_the_status() -> None:
    said = "kex_exchange_identification: read: Connection reset by peer\r\nConnection reset by 192.0.2.7 port 22"
    assert str(Unreachable(said)) == said.replace("\r\n", "; ")


@pytest.mark.parametrize(
    "words",
    [
        ("true",),
        ("sh", "-c", "echo \"$HOME\" '$x' `id`; exit 3"),
        ("printf", "%s", "a\nb c", "", "*", "ä€", "$(reboot)", "-n", "\\"),
    ],
)
def test_words_reach_a_machine_as_they_are(words: tuple[str, ...], tmp_path: Path) -> None:
    """ssh joins what it is given with blanks, and the shell at the other end reads that once."""
    command = Connection("a", tmp_path / "config", tmp_path / "socket").command(words)
    assert command[-2] == "--"
    assert shlex.split(command[-1]) == ["sudo", "-n", "--", *words]
    said = subprocess.run(
        ["sh", "-c", command[-1].replace("sudo -n --", "printf '%s\\0'", 1)], capture_output=True, check=True
    )
    assert said.stdout.decode() == "".join(f"{word}\0" for word in words)


class TestAnotherFolder:
    """Machines of one project belong to one folder."""

    @pytest.mark.parametrize(
        ("made_from", "is_refused"), [("other", True), ("gone", False), ("own", False), (None, False)]
    )
    def test_up_refuses_a_lab_of_its_name_that_is_of_another_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made_from: str | None, is_refused: bool
    ) -> None:
        for name in ("own", "other"):
            (tmp_path / name).mkdir()
        source = "" if made_from is None else f"<description>Source: {tmp_path / made_from}/Vagrantfile</description>"
        said = {"list": "exam_a\nexam_b_c\nothers_a\n", "dumpxml": f"<domain>{source}</domain>"}
        monkeypatch.setattr(leftovers, "libvirt", lambda *words: said[words[0]])
        monkeypatch.setattr(vagrant_driver, "wanted_machines", lambda _: ())
        monkeypatch.setattr(vagrant_driver, "made_machines", _stopped)
        deployment = Deployment(tmp_path / "own", "exam")
        with pytest.raises(DriverError if is_refused else _Stopped) as refusal:
            driver.up(deployment, lambda _: None, timeout=None)
        if is_refused:
            assert str(refusal.value) == f"the lab `exam` that is there is another one, of {tmp_path / 'other'}"


class _Stopped(Exception):
    """What is asked after the refusal."""


def _stopped(_: Path) -> tuple[Made, ...]:
    raise _Stopped
