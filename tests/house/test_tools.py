"""The scripts in tools/, as far as they can be tried without root and without an engine.

A shim folder in front of PATH stands for the programs of a machine, so that no case touches this one's engine.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools"
COMMANDS = (
    "bare-root",
    "base-image",
    "browser",
    "engine",
    "hypervisor",
    "reference-host",
    "user-mode-linux",
    "vagrant-box",
)


def call(tool: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script of tools/ as CI does: without a terminal or input."""
    return subprocess.run(
        [TOOLS / tool, *arguments],
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def shim(folder: Path, name: str, script: str) -> None:
    """Put a program of this name into the folder."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder for the programs of a machine whose engine does not answer."""
    folder = tmp_path / "bin"
    folder.mkdir()
    shim(folder, "docker", "exit 1")
    return folder


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with netdsl."""
    process = subprocess.Popen(["sleep", "60"])
    yield process
    process.kill()
    process.wait()


def path_with(folder: Path) -> str:
    return f"{folder}:{os.environ['PATH']}"


@pytest.mark.live
def test_every_script_is_clean_under_shellcheck() -> None:
    shellcheck = shutil.which("shellcheck", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert shellcheck, "shellcheck is not installed; run: tools/engine install"
    guest = TOOLS.parent / "backends" / "vagrant" / "machine" / "guest"
    scripts = [*(TOOLS / name for name in (*COMMANDS, "debian.sh")), *sorted(guest.glob("*.sh"))]
    result = subprocess.run([shellcheck, *scripts], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_a_script_is_executable_posix_shell_that_stops_at_errors(name: str) -> None:
    assert os.access(TOOLS / name, os.X_OK)
    lines = (TOOLS / name).read_text().splitlines()
    assert lines[0] == "#!/bin/sh"
    assert "set -eu" in lines


@pytest.mark.parametrize("name", [*COMMANDS, "debian.sh"])
def test_a_script_names_no_host_on_the_network(name: str) -> None:
    text = (TOOLS / name).read_text()
    assert not re.search(r"\w://\w", text.replace("unix:///", "")), "mirrors come from the machine's own apt"


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_is_usage_on_standard_output(name: str, option: str) -> None:
    result = call(name, option)
    assert result.returncode == 0
    assert result.stdout.startswith(f"usage: tools/{name}")
    assert result.stderr == ""


@pytest.mark.parametrize("name", COMMANDS)
def test_an_unknown_word_is_wrong_usage(name: str) -> None:
    result = call(name, "frobnicate")
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"usage: tools/{name}")


class TestEngine:
    def test_start_leaves_an_engine_that_answers_alone(self, machine: Path, tmp_path: Path) -> None:
        shim(machine, "docker", "echo 99.0")
        shim(machine, "dockerd", f"touch {tmp_path}/launched")
        result = call("engine", "start", PATH=path_with(machine), NETDSL_ENGINE_STATE=str(tmp_path / "state"))
        assert result.returncode == 0
        assert "99.0 answers already" in result.stdout
        assert not (tmp_path / "launched").exists()
        assert not (tmp_path / "state").exists()

    def test_install_does_nothing_where_all_is_there(self, machine: Path) -> None:
        shim(machine, "docker", "echo x 99.0")
        wanted = re.findall(r"^ +missing ([a-z].*?) ", (TOOLS / "engine").read_text(), re.MULTILINE)
        assert "busybox" in wanted
        for name in wanted:
            shim(machine, name, "exit 1")
        shim(machine, "apt-get", "exit 1")
        result = call("engine", "install", PATH=path_with(machine))
        assert result.returncode == 0
        assert result.stdout == "engine: everything is installed\n"

    def test_status_without_an_engine_is_an_exit_status(self, machine: Path) -> None:
        result = call("engine", "status", PATH=path_with(machine))
        assert result.returncode == 1
        assert result.stdout == "engine: no engine answers\n"

    def test_stop_ends_no_process_that_merely_has_the_number(
        self, machine: Path, tmp_path: Path, stranger: subprocess.Popen[bytes]
    ) -> None:
        (tmp_path / "dockerd.pid").write_text(f"{stranger.pid}\n")
        result = call("engine", "stop", PATH=path_with(machine), NETDSL_ENGINE_STATE=str(tmp_path))
        assert result.returncode == 0
        assert "no engine that was started from here runs" in result.stdout
        time.sleep(0.1)
        assert stranger.poll() is None


class TestBaseImage:
    def test_a_platform_that_it_does_not_make_is_named(self) -> None:
        result = call("base-image", "--platform", "linux/s390x")
        assert result.returncode == 1
        assert "unknown platform 'linux/s390x': linux/amd64 or linux/arm64" in result.stderr

    def test_without_an_engine_it_says_how_to_get_one(self, machine: Path) -> None:
        result = call("base-image", PATH=path_with(machine))
        assert result.returncode == 1
        assert "run: tools/engine start" in result.stderr

    def test_an_image_that_is_there_is_left_alone(self, machine: Path, tmp_path: Path) -> None:
        shim(machine, "docker", f'[ "$1" != import ] || touch {tmp_path}/imported')
        result = call("base-image", PATH=path_with(machine), NETDSL_CACHE=str(tmp_path / "cache"))
        assert result.returncode == 0
        assert result.stdout == "base-image: debian:trixie-slim is there\n"
        assert not (tmp_path / "imported").exists()


class TestBareRoot:
    def test_without_a_command_there_is_nothing_to_run(self) -> None:
        assert call("bare-root", "trixie").returncode == 2

    def test_a_release_that_it_does_not_make_is_wrong_usage(self) -> None:
        assert call("bare-root", "sid", "true").returncode == 2

    def test_a_user_cannot_make_a_root(self, machine: Path, tmp_path: Path) -> None:
        shim(machine, "id", "echo 1000")
        shim(machine, "mmdebstrap", f"touch {tmp_path}/made")
        result = call("bare-root", "trixie", "true", PATH=path_with(machine), NETDSL_CACHE=str(tmp_path / "cache"))
        assert result.returncode == 1
        assert "making a bare root needs root" in result.stderr
        assert not (tmp_path / "made").exists()


class TestReferenceHost:
    def test_without_a_disk_boot_says_how_to_make_one(self, tmp_path: Path) -> None:
        result = call("reference-host", "--state", str(tmp_path), "boot")
        assert result.returncode == 1
        assert "tools/reference-host build IMAGE..." in result.stderr

    @pytest.mark.parametrize("verb", [("ssh", "true"), ("copy", "a", ":b")])
    def test_verbs_that_need_it_running_say_so(self, tmp_path: Path, verb: tuple[str, ...]) -> None:
        result = call("reference-host", "--state", str(tmp_path), *verb)
        assert result.returncode == 1
        assert "it does not run; start it: tools/reference-host boot" in result.stderr

    @pytest.mark.parametrize(
        "option", [("--memory", "lots"), ("--accel", "warp"), ("--state",)], ids=["memory", "accel", "state"]
    )
    def test_wrong_options_are_named(self, option: tuple[str, ...]) -> None:
        result = call("reference-host", *option)
        assert result.returncode == 1
        assert option[0] in result.stderr

    def test_off_ends_no_process_that_merely_has_the_number(
        self, tmp_path: Path, stranger: subprocess.Popen[bytes]
    ) -> None:
        (tmp_path / "qemu.pid").write_text(f"{stranger.pid}\n")
        result = call("reference-host", "--state", str(tmp_path), "off")
        assert result.returncode == 0
        assert result.stdout == "reference-host: it does not run\n"
        time.sleep(0.1)
        assert stranger.poll() is None

    def test_words_of_a_command_reach_the_machine_as_they_are(self, machine: Path, tmp_path: Path) -> None:
        """A shim in place of ssh lets this machine's shell read the line as the guest's would."""
        words = ["printf", "[%s]", "a  b", "it's", '"$HOME"', "$(id)", "new\nline\n", ""]
        shim(machine, "ssh", 'for line in "$@"; do :; done; eval "$line"')
        state = tmp_path / "state"
        state.mkdir()
        # A process that looks like the machine of this state folder.
        command = ["qemu-system-x86_64", "-c", "read line", str(state / "qemu.pid")]
        guest = subprocess.Popen(command, executable="/bin/sh", stdin=subprocess.PIPE)
        try:
            (state / "qemu.pid").write_text(f"{guest.pid}\n")
            (state / "port").write_text("1\n")
            result = call("reference-host", "--state", str(state), "ssh", *words, PATH=path_with(machine))
        finally:
            guest.communicate()
        assert result.stdout == "".join(f"[{word}]" for word in words[2:])


class TestUserModeLinux:
    @pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
    def test_its_kernel_ends_with_it(self, machine: Path, tmp_path: Path, end: signal.Signals) -> None:
        """The kernel is a program here that, as User-Mode Linux does, leads a session of its own."""
        shim(machine, "id", "echo 0")
        shim(machine, "apt-cache", "echo linux-source-6.1")
        options = subprocess.run(
            ["cksum", TOOLS / "user-mode-linux.config"], capture_output=True, text=True, check=True
        )
        kernel, pid = f"user-mode-linux-6.1-{options.stdout.split()[0]}", tmp_path / "pid"
        shim(tmp_path, kernel, f"echo $$ >{pid}.new; mv {pid}.new {pid}; exec setsid sleep 60")
        environment = os.environ | {"PATH": path_with(machine), "NETDSL_CACHE": str(tmp_path), "TMPDIR": str(tmp_path)}
        tool = subprocess.Popen([TOOLS / "user-mode-linux", "run", "true"], env=environment, stderr=subprocess.DEVNULL)
        while not pid.exists():
            assert tool.poll() is None
            time.sleep(0.02)
        tool.send_signal(end)
        tool.wait(timeout=30)
        running = Path("/proc", pid.read_text().strip())
        until = time.monotonic() + 30
        while running.exists() and time.monotonic() < until:
            time.sleep(0.02)
        assert not running.exists()


class TestHypervisor:
    def test_start_leaves_a_libvirt_that_answers_alone(self, machine: Path, tmp_path: Path) -> None:
        shim(machine, "virsh", "echo 'Running against daemon: 99.0'")
        shim(machine, "libvirtd", f"touch {tmp_path}/launched")
        state = tmp_path / "state"
        result = call("hypervisor", "start", PATH=path_with(machine), NETDSL_HYPERVISOR_STATE=str(state))
        assert result.returncode == 0
        assert "99.0 answers already" in result.stdout
        assert not (tmp_path / "launched").exists()
        assert not state.exists()

    @pytest.mark.parametrize(
        ("capabilities", "words"),
        [("<domain type='qemu'/><domain type='kvm'/>", "KVM"), ("<domain type='qemu'/>", "QEMU's emulation")],
    )
    def test_status_says_what_machines_run_with(
        self, machine: Path, tmp_path: Path, capabilities: str, words: str
    ) -> None:
        (tmp_path / "capabilities").write_text(capabilities)
        shim(machine, "virsh", f"echo 'Running against daemon: 99.0'; cat {tmp_path}/capabilities")
        result = call("hypervisor", "status", PATH=path_with(machine), NETDSL_HYPERVISOR_STATE=str(tmp_path))
        assert result.returncode == 0
        assert result.stdout.splitlines()[1] == f"hypervisor: machines run with {words}"

    def test_status_without_libvirt_is_an_exit_status(self, machine: Path) -> None:
        shim(machine, "virsh", "exit 1")
        result = call("hypervisor", "status", PATH=path_with(machine))
        assert result.returncode == 1
        assert result.stdout == "hypervisor: no libvirt answers\n"

    def test_stop_ends_no_process_that_merely_has_the_number(
        self, machine: Path, tmp_path: Path, stranger: subprocess.Popen[bytes]
    ) -> None:
        shim(machine, "virsh", "exit 1")
        for daemon in ("libvirtd", "virtlogd"):
            (tmp_path / f"{daemon}.pid").write_text(f"{stranger.pid}\n")
        result = call("hypervisor", "stop", PATH=path_with(machine), NETDSL_HYPERVISOR_STATE=str(tmp_path))
        assert result.returncode == 0
        assert "no libvirt that was started from here runs" in result.stdout
        time.sleep(0.1)
        assert stranger.poll() is None


class TestVagrantBox:
    def test_a_box_that_is_there_is_left_alone(self, machine: Path, tmp_path: Path) -> None:
        self.boxes(machine, "netdsl/debian-13", self.number(tmp_path))
        shim(machine, "mmdebstrap", f"touch {tmp_path}/made")
        result = call("vagrant-box", PATH=path_with(machine), NETDSL_CACHE=str(tmp_path / "cache"))
        assert result.returncode == 0
        assert result.stdout == "vagrant-box: netdsl/debian-13 is there\n"
        assert not (tmp_path / "made").exists()

    def test_a_box_that_was_made_otherwise_is_made_anew(self, machine: Path) -> None:
        """With other packages, say."""
        self.boxes(machine, "netdsl/debian-13", "1")
        self.is_to_be_made(machine)

    def test_another_box_of_that_name_s_beginning_is_not_it(self, machine: Path, tmp_path: Path) -> None:
        self.boxes(machine, "netdsl/debian-13-other", self.number(tmp_path))
        self.is_to_be_made(machine)

    def boxes(self, machine: Path, name: str, number: str) -> None:
        """What Vagrant says of its only box, and of one that has no number."""
        records = (f",,box-name,{name}", f",,box-info,made-from,{number}", ",,box-name,x/y")
        shim(machine, "vagrant", f"printf '1%s\\n' {' '.join(records)}")

    def is_to_be_made(self, machine: Path) -> None:
        shim(machine, "id", "echo 1000")
        result = call("vagrant-box", PATH=path_with(machine))
        assert result.returncode == 1
        assert "making a box needs root" in result.stderr

    def number(self, folder: Path) -> str:
        """What a box made today has in its `info.json`."""
        guest = TOOLS.parent / "backends/vagrant/machine/guest"
        files = (
            TOOLS / "vagrant-box",
            TOOLS / "debian.sh",
            *sorted(guest.glob("70-netdsl-mgmt.*")),
            guest / "networkd.conf",
        )
        made = folder / "made-from"
        made.write_bytes(b"".join(file.read_bytes() for file in files))
        return subprocess.run(["cksum", made], capture_output=True, text=True, check=True).stdout.split()[0]
