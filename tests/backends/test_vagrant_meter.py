"""The meter of the target `vagrant`: which process is which machine, what is read of it, which box is whose."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from netdsl.backends.vagrant import boxes, meter, processes, tools, volumes
from netdsl.backends.vagrant.boxes import Box
from netdsl.backends.vagrant.facts import EMULATED, KVM, accelerator, hardware
from netdsl.backends.vagrant.machines import Made
from netdsl.backends.vagrant.processes import (
    ProcessUsage,
    machine_id,
    network_of,
    running_in_listing,
    running_machines,
    seconds,
)
from netdsl.backends.vagrant.ssh import Unreachable
from netdsl.backends.vagrant.tools import tools_in
from netdsl.backends.vagrant.virtualbox import values
from netdsl.backends.vagrant.volumes import described, take_away_copies
from netdsl.codegen.contract import Options
from netdsl.runtime.driver import Answer, Deployment, DriverError
from netdsl.runtime.meter import per_node, tunnel_spaces
from tests.machines import a_host, a_lab, files_of

ONE, TWO = "8d7b50d4-0e30-40b0-bf35-3ab4ba958e06", "c8f29f21-5a0a-4f6b-8d52-1f9cf5ab6d00"
QEMU = ("/usr/bin/qemu-system-x86_64", "-name", "guest=lab_one,debug-threads=on", "-accel", "tcg", "-uuid", ONE)
DNSMASQ = ("/usr/sbin/dnsmasq", "--conf-file=/var/lib/libvirt/dnsmasq/netdsl-lab.conf", "--leasefile-ro")
SCOPE = r"/machine.slice/machine-qemu\x2d1\x2dlab_one.scope"
TICKS = os.sysconf("SC_CLK_TCK")


class Proc:
    """A procfs in a folder, with control groups beside it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "proc"
        self.groups = folder / "cgroup"
        self.groups.mkdir()
        (self.root / "self").mkdir(parents=True)
        line = f"30 1 0:27 / {self.groups} rw,nosuid shared:4 - cgroup2 cgroup2 rw\n"
        (self.root / "self/mountinfo").write_text("25 1 8:1 / / rw - ext4 /dev/vda rw\n" + line)

    def add(self, number: int, words: Sequence[str], pss: int = 0, group: str = "/") -> None:
        """A process that has used 3 s of processor; `pss` in KiB."""
        place = self.root / str(number)
        place.mkdir()
        name = Path(words[0]).name[:15]
        (place / "comm").write_text(f"{name}\n")
        (place / "cmdline").write_bytes("".join(f"{word}\0" for word in words).encode())
        fields = ["S", "1", *("0" for _ in range(9)), str(2 * TICKS), str(TICKS), "0", "0", "20"]
        (place / "stat").write_text(f"{number} ({name}) (x) {' '.join(fields)}\n")
        (place / "smaps_rollup").write_text(f"00-ff ---p 0 [rollup]\nRss: 9 kB\nPss:  {pss} kB\nPss_Anon: 1 kB\n")
        (place / "cgroup").write_text(f"4:memory:/other\n0::{group}\n")


@pytest.fixture
def proc(tmp_path: Path) -> Proc:
    return Proc(tmp_path)


class TestProcesses:
    def test_a_machine_is_found_by_its_id_whoever_else_runs_one(self, proc: Proc) -> None:
        proc.add(7, QEMU, 250_000)
        proc.add(8, (*QEMU[:-1], TWO), 1)
        proc.add(9, ("/bin/grep", "-uuid", ONE), 1)
        assert running_machines(proc.root, {ONE}, ()).machines == {ONE: ProcessUsage(7, 3.0, 250_000 * 1024)}

    def test_it_has_a_group_of_its_own_where_libvirt_makes_one(self, proc: Proc) -> None:
        proc.add(7, QEMU, 1, f"{SCOPE}/libvirt/emulator")
        place = proc.groups / SCOPE.lstrip("/")
        place.mkdir(parents=True)
        (place / "memory.current").write_text("290000000\n")
        assert running_machines(proc.root, {ONE}, ()).machines[ONE].cgroup == 290_000_000

    def test_the_group_of_all_that_a_service_started_is_no_machine_s(self, proc: Proc) -> None:
        proc.add(7, QEMU, 1, "/system.slice/libvirtd.service")
        (proc.groups / "system.slice/libvirtd.service").mkdir(parents=True)
        (proc.groups / "system.slice/libvirtd.service/memory.current").write_text("1\n")
        assert running_machines(proc.root, {ONE}, ()).machines[ONE].cgroup is None

    def test_helpers_are_the_servers_of_the_lab_s_own_networks(self, proc: Proc) -> None:
        for number in (10, 11):
            proc.add(number, DNSMASQ, 500)
        proc.add(12, (DNSMASQ[0], "--conf-file=/var/lib/libvirt/dnsmasq/netdsl-other.conf"), 500)
        proc.add(13, (DNSMASQ[0], "--conf-file=/etc/dnsmasq/netdsl-lab.conf"), 500)
        assert running_machines(proc.root, {ONE}, {"netdsl-lab", "netdsl.lab.outside"}).helpers == 1_000 * 1024

    def test_a_process_that_ends_meanwhile_is_left_out(self, proc: Proc) -> None:
        proc.add(7, QEMU)
        (proc.root / "7/stat").unlink()
        assert running_machines(proc.root, {ONE}, ()).machines == {}

    @pytest.mark.parametrize("name", ["comm", "cmdline", "stat"])
    def test_a_process_that_nobody_may_look_at_is_left_out(
        self, proc: Proc, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        """As with `hidepid` of procfs."""
        proc.add(7, QEMU, 1)
        proc.add(8, (*QEMU[:-1], TWO), 1)
        opened = os.open

        def guarded(path: str | Path, flags: int) -> int:
            if Path(path) == proc.root / "8" / name:
                raise PermissionError(13, "no", str(path))
            return opened(path, flags)

        monkeypatch.setattr(os, "open", guarded)
        assert set(running_machines(proc.root, {ONE, TWO}, ()).machines) == {ONE}

    def test_a_user_who_may_not_ask_gets_no_set_size(self, proc: Proc, monkeypatch: pytest.MonkeyPatch) -> None:
        proc.add(7, QEMU, 250_000)
        monkeypatch.setattr(processes, "proportional", lambda *_: None)
        assert running_machines(proc.root, {ONE}, ()).machines == {ONE: ProcessUsage(7, 3.0, None)}

    def test_without_procfs_ps_says_what_it_knows(self) -> None:
        listing = f"  712  01:02.50 /Applications/VBoxHeadless --comment lab one --startvm {ONE} --vrde config\n"
        assert running_in_listing(listing + "  9 0:00.01 -zsh\n", {ONE}).machines == {ONE: ProcessUsage(712, 62.5)}

    @pytest.mark.parametrize(
        ("time", "is_worth"), [("0:00.01", 0.01), ("61:02.50", 3662.5), ("01:00:01", 3601.0), ("2-00:00:00", 172800.0)]
    )
    def test_times_of_ps(self, time: str, is_worth: float) -> None:
        assert seconds(time) == is_worth

    def test_words_that_say_nothing(self) -> None:
        assert machine_id(()) is None
        assert machine_id(("qemu-system-x86_64", "-uuid")) is None
        assert network_of(()) is None
        assert network_of(("dnsmasq", "-k")) is None


class TestUsage:
    def test_machines_have_figures_as_soon_as_vagrant_has_made_them(
        self, proc: Proc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Long before one is ready, and without a question to libvirt."""
        folder = tmp_path / "o"
        for name, identity in (("one", ONE), ("two", TWO), ("coming", "")):
            place = folder / f".vagrant/machines/{name}/libvirt"
            place.mkdir(parents=True)
            (place / "id").write_text(identity)
        proc.add(7, QEMU, 1)
        proc.add(8, DNSMASQ, 2)
        monkeypatch.setattr(meter, "PROC", proc.root)
        usage = meter.meter.usage(Deployment(folder, "lab"))
        assert [(node.node, node.pss, node.cpu, node.cgroup) for node in usage.nodes] == [("one", 1024, 3.0, None)]
        assert usage.helpers == 2048
        with pytest.raises(DriverError, match="the lab runs"):
            meter.meter.rebuild(Deployment(folder, "lab"), lambda _: None)

    def test_a_folder_without_machines_has_none(self, tmp_path: Path) -> None:
        assert meter.meter.usage(Deployment(tmp_path, "lab")).nodes == ()
        with pytest.raises(DriverError, match="no machine"):
            meter.meter.park(Deployment(tmp_path, "lab"), lambda _: None)
        with pytest.raises(DriverError, match="does not run"):
            meter.meter.facts(Deployment(tmp_path, "lab"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VAGRANT_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("NETDSL_BOX", raising=False)
    return tmp_path / "home"


def a_box(home: Path, name: str, version: str, provider: str = "libvirt") -> Path:
    folder = home / "boxes" / name.replace("/", "-VAGRANTSLASH-") / version / provider
    folder.mkdir(parents=True)
    (folder / "box.img").write_bytes(b"x" * 5000)
    os.utime(folder / "box.img", (1795275342, 1795275342))
    return folder


class TestBoxes:
    def wanted(self, options: Options | None = None) -> list[str]:
        lab = a_lab(a_host("pc"), a_host("pc2", 4))
        text = files_of(lab, options=options)["Vagrantfile"].decode()
        return [f"{box.name} {box.version}" for box in boxes.wanted_boxes(text, "libvirt")]

    def test_a_lab_s_box_is_the_one_that_vagrant_would_take(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """As netdsl.rb chooses, and of several versions the highest."""
        for name, version in (("cloud-image/debian-13", "9.1"), ("cloud-image/debian-13", "20.3"), ("mine", "1.0")):
            a_box(home, name, version)
        assert self.wanted() == ["cloud-image/debian-13 20.3"]
        a_box(home, "netdsl/debian-13", "0", "virtualbox")
        assert self.wanted() == ["cloud-image/debian-13 20.3"]
        a_box(home, "netdsl/debian-13", "0")
        assert self.wanted() == ["netdsl/debian-13 0"]
        assert self.wanted(Options(settings={"box": "mine"})) == ["mine 1.0"]
        monkeypatch.setenv("NETDSL_BOX", "cloud-image/debian-13")
        assert self.wanted(Options(settings={"box": "mine"})) == ["cloud-image/debian-13 20.3"]

    def test_one_that_has_to_be_downloaded_is_none_yet(self, home: Path) -> None:
        assert self.wanted(Options(settings={"box": "mine"})) == []

    def test_boxes_may_be_apart_by_processor(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """From Vagrant 2.4 on."""
        monkeypatch.setattr("platform.machine", lambda: "aarch64")
        a_box(home, "mine", "1.0", "amd64/libvirt")
        assert boxes.newest("mine", "libvirt") == ()
        a_box(home, "mine", "1.0", "arm64/libvirt")
        assert [box.folder.parent.name for box in boxes.newest("mine", "libvirt")] == ["arm64"]

    def test_libvirt_s_copy_is_named_by_the_version_or_by_the_file_s_time(self, home: Path) -> None:
        own = Box("netdsl/debian-13", "0", "libvirt", a_box(home, "netdsl/debian-13", "0"))
        assert own.copies() == {"netdsl-VAGRANTSLASH-debian-13_vagrant_box_image_0_1795275342_"}
        assert Box("x/y", "1.2", "libvirt", home).copies() == {"x-VAGRANTSLASH-y_vagrant_box_image_1.2_"}

    def test_a_box_has_its_version_or_the_day_when_it_was_made(self, home: Path) -> None:
        folder = a_box(home, "netdsl/debian-13", "0")
        own = Box("netdsl/debian-13", "0", "libvirt", folder)
        assert own.title == "netdsl/debian-13, without a version"
        (folder / "info.json").write_text('{"made-from":"1","made":"2026-11-21"}')
        assert own.title == "netdsl/debian-13, made 2026-11-21"
        assert Box("x/y", "1.2", "libvirt", folder).title == "x/y 1.2"

    def test_a_machine_knows_its_box(self, home: Path, tmp_path: Path) -> None:
        folder = a_box(home, "x/y", "1.2")
        machine = Made("one", "libvirt", ONE, tmp_path, None, None)
        assert boxes.box_of(machine) is None
        noted = {"name": "x/y", "version": "1.2", "provider": "libvirt", "directory": str(folder.relative_to(home))}
        (tmp_path / "box_meta").write_text(json.dumps(noted))
        box = boxes.box_of(machine)
        assert box == Box("x/y", "1.2", "libvirt", folder)
        assert box.size() >= 5000


COPY = "netdsl-VAGRANTSLASH-debian-13_vagrant_box_image_0_1_box.img"
VOLUME = """<volume type='file'><name>{name}</name><capacity unit='bytes'>3221225472</capacity>
<allocation unit='bytes'>{size}</allocation><target><path>/pool/{name}</path></target>{backing}</volume>"""
BACKING = f"<backingStore><path>/pool/{COPY}</path><format type='qcow2'/></backingStore>"


class TestVolumes:
    @pytest.fixture
    def calls(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A `virsh` with one pool: the copy of a box, an older one, and what the test adds; deletions are noted."""
        pool = tmp_path / "pool"
        pool.mkdir()
        for name in (COPY, COPY.replace("_0_1_", "_0_0_")):
            (pool / name).write_text(VOLUME.format(name=name, size=240386048, backing="<backingStore/>"))
        text = f"""#!/bin/sh
shift 3
case $1 in
    pool-list) echo default ;;
    vol-list) cd {pool} && for one in *; do echo "$one /pool/$one"; done ;;
    vol-dumpxml) cat "{pool}/$4" ;;
    vol-delete) echo "$4" >>{tmp_path}/deleted ;;
esac
"""
        programs = tmp_path / "bin"
        programs.mkdir()
        (programs / "virsh").write_text(text)
        (programs / "virsh").chmod(0o755)
        monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
        return tmp_path

    def test_the_copy_of_a_box_goes_and_that_of_another_stays(self, calls: Path) -> None:
        said: list[str] = []
        take_away_copies({COPY.removesuffix("box.img")}, said.append)
        assert (calls / "deleted").read_text().split() == [COPY]
        assert said == [f"libvirt's copy of the box is taken away: {COPY}"]

    def test_one_that_machines_stand_on_stays_and_they_are_named(self, calls: Path) -> None:
        for name in ("by hand.qcow2", "other_gw.img", "other_pc.img"):
            (calls / "pool" / name).write_text(VOLUME.format(name=name, size=1, backing=BACKING))
        with pytest.raises(DriverError, match=r"`by hand\.qcow2`, `other_gw`, `other_pc` stand on it"):
            take_away_copies({COPY.removesuffix("box.img")}, lambda _: None)
        assert not (calls / "deleted").exists()

    def test_a_silent_libvirt_is_told(self, calls: Path) -> None:
        (calls / "bin/virsh").write_text("#!/bin/sh\nexit 1\n")
        with pytest.raises(DriverError, match="libvirt does not answer"):
            take_away_copies({COPY}, lambda _: None)

    def test_what_a_volume_takes_is_what_is_on_the_disk(self) -> None:
        volume = described("default", VOLUME.format(name="lab_one.img", size=2174976, backing=BACKING))
        assert volume == volumes.Volume("default", "lab_one.img", "/pool/lab_one.img", 2174976, f"/pool/{COPY}")
        assert described("default", None) is None


class TestFacts:
    def test_an_emulated_machine_is_never_taken_for_one_with_kvm(self) -> None:
        assert accelerator("kvm") == KVM
        assert accelerator("qemu") == EMULATED == "none (QEMU emulates the processor)"
        assert "KVM" not in accelerator("qemu")
        assert accelerator("hvf") == "unknown to netdsl: hvf"
        both = per_node({"a": accelerator("kvm"), "b": accelerator("qemu"), "c": accelerator("qemu")})
        assert both == "KVM (a); none (QEMU emulates the processor) (b, c)"

    def test_what_is_alike_is_said_once(self) -> None:
        assert per_node({"a": "x", "b": "x"}) == "x"
        assert per_node({}) == ""

    def test_tunnels_are_named_with_where_they_run_and_other_lines_with_nothing(self) -> None:
        said = {
            "a": "gre:user\nstrongswan:kernel\nvxlan:kernel\n",
            "b": "gre:kernel\nsomething else\nipip:elsewhere\n",
            "c": "",
        }
        assert tunnel_spaces(said) == "gre: user space (a); kernel (b), strongswan: kernel, vxlan: kernel"
        assert tunnel_spaces({"a": ""}) == ""

    def test_machines_have_the_size_that_was_asked(self) -> None:
        assert hardware(256, 1) == "256 MiB, 1 processor"
        assert hardware(512, 2) == "512 MiB, 2 processors"

    def test_virtualbox_tells_of_a_machine(self) -> None:
        said = values('name="lab one"\nmemory=256\ncpus=1\nCfgFile="/boxes/VirtualBox VMs/lab/lab.vbox"\n"GUI/x"="y"\n')
        assert said["memory"] == "256"
        assert said["CfgFile"] == "/boxes/VirtualBox VMs/lab/lab.vbox"
        assert said["GUI/x"] == "y"

    def test_every_way_of_measuring_is_told(self) -> None:
        names = [fact.name for fact in meter.meter.methods()]
        assert names == ["memory", "cpu", "disk", "fresh boot", "warm boot", "tools"]


class Listener:
    """A connection that answers as it is told, and notes what it is asked."""

    def __init__(self, *answers: Answer | Unreachable) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[Sequence[str], float]] = []

    def ask(self, command: Sequence[str], *, timeout: float) -> Answer:
        self.asked.append((command, timeout))
        answer = self.answers.pop(0)
        if isinstance(answer, Unreachable):
            raise answer
        return answer


OK = Answer(0, "")


class TestTools:
    def test_what_runs_is_ended_with_the_block(self) -> None:
        listener = Listener(OK, Answer(0, "{}"), OK)
        with tools_in("gw", listener) as inside:
            assert inside.ask(("iperf3", "-c", "10.0.0.1", "a b;'"), timeout=7.5).output == "{}"
        begin, run, end = (words for words, _ in listener.asked)
        group = begin[4]
        assert begin[5:] == tools.WANTED
        assert run[4:] == (group, "8", "iperf3", "-c", "10.0.0.1", "a b;'")
        assert end[4:] == (group,)
        assert "cgroup.kill" in end[2]

    def test_it_is_ended_too_when_the_block_fails(self) -> None:
        listener = Listener(OK, Unreachable("gone"), OK)
        with pytest.raises(DriverError, match="`gw`: gone"), tools_in("gw", listener) as inside:
            inside.ask(("ping", "10.0.0.1"), timeout=1)
        assert len(listener.asked) == 3

    @pytest.mark.parametrize("status", [124, 137])
    def test_a_command_that_does_not_end_is_told(self, status: int) -> None:
        with pytest.raises(DriverError, match="`iperf3` does not end within 3 s"):  # noqa: SIM117
            with tools_in("gw", Listener(OK, Answer(status, ""), OK)) as inside:
                inside.ask(("iperf3", "-c", "10.0.0.1"), timeout=3)

    def test_what_is_missing_is_told_with_the_remedy(self) -> None:
        listener = Listener(Answer(0, "iperf3\nnft\n"), OK)
        with pytest.raises(DriverError, match="has no `iperf3`, `nft`") as raised:  # noqa: SIM117
            with tools_in("gw", listener):
                pass
        assert raised.value.remedy is not None
        assert "image NAME { packages iperf3, nftables }" in raised.value.remedy
        assert "tools/vagrant-box" in raised.value.remedy
        assert len(listener.asked) == 2

    def test_what_does_not_end_is_told(self) -> None:
        with pytest.raises(DriverError, match="does not end"):  # noqa: SIM117
            with tools_in("gw", Listener(OK, Answer(1, ""))):
                pass
