"""Services, commands, files and their environment: data, never shell text."""

import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from .node import Node

NASTY = "$HOME `id` $(id) \"x\" 'y' \\z *"


def serving(node: Node, *records: str) -> None:
    """`kind name protocol port part`, and the parts of all of them."""
    parts = dict.fromkeys(record.split()[-1] for record in records)
    node.data(
        parts="".join(f"{part}\n" for part in ("nftables", *parts)),
        services__tsv="".join(record.replace(" ", "\t") + "\n" for record in records),
    )


def fetched(node: Node, where: str, path: str = "/") -> str:
    """The body. Not by busybox, whose wget crashes on Debian 12."""
    answer = node.inside("socat", "-t1", "-", f"TCP:{where}", text=f"GET {path} HTTP/1.0\r\n\r\n").stdout
    return answer.partition("\n\n")[2]


def lines_of(path: Path, count: int) -> list[str]:
    deadline = time.monotonic() + 60
    while not path.exists() or len(path.read_text().splitlines()) < count:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return path.read_text().splitlines()


def test_two_web_servers_answer_with_their_own_names_on_both_families(node: Node) -> None:
    serving(node, "http server.app-a tcp 30000 busybox", "http server.app-b tcp 30001 busybox")
    assert node.start() == ""
    assert fetched(node, "127.0.0.1:30000") == "server.app-a\n"
    assert fetched(node, "[::1]:30001") == "server.app-b\n"


def test_tcp_and_udp_say_their_names_and_echo(node: Node) -> None:
    serving(node, "tcp log.t tcp 514 socat", "udp log.u udp 514 socat")
    assert node.start() == ""
    assert node.inside("socat", "-t1", "-", "TCP4:127.0.0.1:514", text="hello\n").stdout == "log.t\nhello\n"
    assert node.inside("socat", "-t1", "-", "UDP4:127.0.0.1:514", text="hello\n").stdout == "log.u\nhello\n"


def test_a_datagram_is_answered_from_the_address_that_was_asked(node: Node) -> None:
    serving(node, "udp log.u udp 514 socat")
    node.data(
        addresses__batch="address add 10.9.0.1/32 dev lo\naddress add 10.9.0.2/32 dev lo\n"
        "address add fc00::1/128 dev lo nodad\naddress add fc00::2/128 dev lo nodad\n"
    )
    assert node.start() == ""
    for address in ("10.9.0.1", "10.9.0.2"):
        asked = node.inside("socat", "-t1", "-", f"UDP4:{address}:514,bind=127.0.0.1", text="hello\n")
        assert asked.stdout == "log.u\nhello\n"
    for address in ("fc00::1", "fc00::2"):
        asked = node.inside("socat", "-t1", "-", f"UDP6:[{address}]:514,bind=[::1]", text="hello\n")
        assert asked.stdout == "log.u\nhello\n"


def test_a_datagram_is_answered_from_an_address_that_came_later(node: Node) -> None:
    serving(node, "udp log.u udp 514 socat")
    node.data(addresses__batch="address add 10.9.0.1/32 dev lo\naddress add fc00::1/128 dev lo nodad\n")
    node.file("socat-later.tsv", "4\t10.9.0.2\n6\tfc00::2\n")
    assert node.start() == ""
    for address, client in (
        ("10.9.0.2/32", "UDP4:10.9.0.2:514,bind=127.0.0.1"),
        ("fc00::2/128", "UDP6:[fc00::2]:514,bind=[::1]"),
    ):
        node.inside("ip", "address", "add", address, "dev", "lo")
        assert node.inside("socat", "-t1", "-", client, text="hello\n").stdout == "log.u\nhello\n"


def test_https_answers_with_its_certificate(node: Node) -> None:
    folder = node.folder / "netdsl" / "credentials" / "serve"
    folder.mkdir(parents=True)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=w",
         "-keyout", folder / "netdsl-services.key", "-out", folder / "netdsl-services.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    serving(node, "https server.web tcp 443 socat")
    assert node.start() == ""
    peer = f"OPENSSL:127.0.0.1:443,cafile={folder}/netdsl-services.pem,commonname=w"
    answer = node.inside("socat", "-t1", "-", peer, text="GET / HTTP/1.0\r\n\r\n")
    assert answer.stdout.endswith("\n\nserver.web\n")


def test_dns_knows_the_labs_names_and_asks_nobody(node: Node) -> None:
    serving(node, "dns ns.dns udp 53 dnsmasq")
    node.file("dnsmasq/53.conf", "local=/corp.example/\nhost-record=www.corp.example,10.0.20.80\n")
    assert node.start() == ""
    assert "10.0.20.80" in node.inside("busybox", "nslookup", "www.corp.example", "127.0.0.1").stdout
    assert "REFUSED" in node.inside("busybox", "nslookup", "www.elsewhere.example", "127.0.0.1").stdout


def test_arguments_and_environment_reach_a_command_as_they_are(node: Node, tmp_path: Path) -> None:
    node.file("run/1", f'sh\n-c\nprintf \'%s\\n\' "$1" "$2" "$NASTY" > {tmp_path}/said\nsh\n{NASTY}\n\n')
    node.data(env=f"NASTY={NASTY}\n")
    assert node.start() == ""
    assert lines_of(tmp_path / "said", 3) == [NASTY, "", NASTY]


def _await_log(node: Node, line: str) -> None:
    deadline = time.monotonic() + 60
    while f"netdsl: {line}\n" not in node.log():
        assert time.monotonic() < deadline, node.log()
        time.sleep(0.01)


@pytest.mark.parametrize(("command", "status"), [("false", 1), ("nonexistent", 127), ("sh\n-c\nkill -9 $$", 137)])
def test_a_node_in_which_a_command_has_failed_goes_on_and_is_not_well(node: Node, command: str, status: int) -> None:
    node.data(run___1=f"{command}\n", run___2="sleep\ninfinity\n")
    assert node.start() == ""
    _await_log(node, f"run 1 has ended with status {status}")
    shown = "kill -9 $$" if status == 137 else command
    reason = f"run 1 has ended with status {status}: {shown}"
    assert (node.verb("ready").returncode, node.verb("ready").returncode) == (0, 3), (
        "it was ready, and does not get well"
    )
    assert node.verb("ready", "60").stdout == f"{reason}\n"
    said = node.verb("status").stdout.splitlines()
    assert said[0] == f"node\t{reason}"
    assert f"run\t1\tended\t{status}\t{shown}" in said
    assert "run\t2\trunning\t-\tsleep infinity" in said


def test_a_command_that_has_done_its_work_is_well(node: Node) -> None:
    node.data(run___1="sh\n-c\necho\tdone;\ttrue\n")
    assert node.start() == ""
    _await_log(node, "run 1 has ended with status 0")
    assert [node.verb("ready").returncode for _ in range(2)] == [0, 0]
    said = node.verb("status").stdout.splitlines()
    assert said[0] == "node\tready"
    assert "run\t1\tended\t0\techo done; true" in said, "one line, without tabs"


def test_a_command_that_the_node_is_too_busy_to_look_after_is_waited_for(node: Node, tmp_path: Path) -> None:
    node.data(run___1=f"sh\n-c\nwhile [ ! -e {tmp_path}/go ]; do sleep 0.01; done; touch {tmp_path}/done\n")
    assert node.start() == ""
    assert node.verb("ready").returncode == 0
    main = int((node.state / "pid").read_text())
    os.kill(main, signal.SIGSTOP)
    try:
        (tmp_path / "go").touch()
        command = Path(f"/proc/{(node.state / 'run/1').read_text().split()[0]}/stat")
        deadline = time.monotonic() + 60
        while ") Z " not in command.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(node.verb, "ready")
            assert not wait([asked], 0.5).done, "it waits"
            os.kill(main, signal.SIGCONT)
            assert asked.result().returncode == 0
    finally:
        os.kill(main, signal.SIGCONT)


def test_what_it_has_of_memory_and_disk_is_said(node: Node) -> None:
    assert node.start() == ""
    said = [line.split("\t") for line in node.verb("status").stdout.splitlines()]
    (memory,) = [line[1:] for line in said if line[0] == "memory"]
    used, limit, killed = map(int, memory)
    assert 0 < used <= limit
    assert killed >= 0
    disks = {line[1]: (int(line[2]), int(line[3])) for line in said if line[0] == "disk"}
    assert "/" in disks
    assert all(0 <= free <= size for free, size in disks.values())


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (
            {"memory.max": "1048576", "memory.current": "1040000", "memory.stat": "inactive_file 0"},
            "0 of 1 MiB are used",
        ),
        (
            {
                "memory.max": "104857600",
                "memory.current": "104857600",
                "memory.stat": "inactive_file 50857600\nactive_file 50000000",
            },
            "",
        ),
        ({"memory.max": "max", "memory.current": "104857600", "memory.stat": ""}, ""),
        (
            {"memory.max": "104857600", "memory.current": "1", "memory.events": "oom 2\noom_kill 2\noom_group_kill 0"},
            "2 processes were killed for want of it (100 MiB)",
        ),
        (
            {
                "memory/memory.limit_in_bytes": "104857600",
                "memory/memory.usage_in_bytes": "104857600",
                "memory/memory.stat": "inactive_file 100857600\ntotal_inactive_file 0",
                "memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 0",
            },
            "100 of 100 MiB are used",
        ),
        (
            {
                "memory/memory.limit_in_bytes": "9223372036854771712",
                "memory/memory.usage_in_bytes": "1",
                "memory/memory.stat": "",
                "memory/memory.oom_control": "oom_kill 3",
            },
            "",  # of the machine: what was killed elsewhere is not the node's
        ),
    ],
)
def test_memory_is_the_control_group_s(node: Node, files: dict[str, str], reason: str) -> None:
    group = node.folder / "group"
    for name in ("memory.stat", "memory.events"):
        (group / name).parent.mkdir(parents=True, exist_ok=True)
        (group / name).touch()
    for name, text in files.items():
        (group / name).parent.mkdir(parents=True, exist_ok=True)
        (group / name).write_text(f"{text}\n")
    script = (
        'STATE=$1/run NODE=$1; . $1/netdsl/lab/wellness.sh; CONTROL_GROUP=$1/group; df() { :; }; find_ills; echo "$ill"'
    )
    said = node.inside("sh", "-c", script, "sh", str(node.folder)).stdout
    assert said == (f"memory: {reason}\n" if reason else "\n")


def test_a_disk_without_space_is_named_where_the_node_may_write(node: Node) -> None:
    listed = (
        f"Filesystem 1024-blocks Used Available Capacity Mounted on\nx 9 9 0 100% {node.folder}\nx 9 9 0 100% /etc\n"
    )
    script = 'STATE=$1/run NODE=$1; . $1/netdsl/lab/wellness.sh; df() { printf %s "$listed"; }; find_ills; echo "$ill"'
    said = node.inside("sh", "-c", f"listed='{listed}'; {script}", "sh", str(node.folder)).stdout
    assert said.endswith(f"disk: no space is left in {node.folder}\n")


def test_files_hosts_and_resolver_are_written_in_place(node: Node, tmp_path: Path) -> None:
    (node.folder / "netdsl" / "lab" / "hosts").write_text("127.0.0.1\tlocalhost\n10.0.0.1\ta\n")
    node.file("files/1", f"{NASTY}\n")
    node.data(files__tsv=f"1\t0640\t{tmp_path}/deep/er/$HOME\n")
    assert node.start() == ""
    written = tmp_path / "deep" / "er" / "$HOME"
    assert written.read_text() == f"{NASTY}\n"
    assert written.stat().st_mode & 0o777 == 0o640
    assert node.inside("cat", "/etc/hosts").stdout == "127.0.0.1\tlocalhost\n10.0.0.1\ta\n"
    assert node.inside("cat", "/etc/resolv.conf").stdout == ""


def test_the_labs_resolver_is_the_only_one(node: Node) -> None:
    node.data(resolv__conf="nameserver 10.0.20.53\n")
    assert node.start() == ""
    assert node.inside("cat", "/etc/resolv.conf").stdout == "nameserver 10.0.20.53\n"


def test_a_service_that_cannot_listen_is_said(node: Node) -> None:
    serving(node, "tcp a tcp 80 socat", "https b tcp 443 socat")
    assert "not ready: service b does not listen on tcp/443" in node.start()


def test_a_service_that_has_ended_is_said(node: Node) -> None:
    serving(node, "http w tcp 80 busybox")
    assert node.start() == ""
    assert node.verb("ready").returncode == 0
    node.inside("sh", "-c", f"read -r pid rest < {node.state}/daemon/tcp-80; kill $pid")
    _await_log(node, "service http w tcp/80 has ended with status 143")
    done = node.verb("ready", "60")
    assert (done.returncode, done.stdout) == (3, "service http w tcp/80 has ended with status 143\n")
    assert "daemon\tservice http w tcp/80\tended\t143" in node.verb("status").stdout
