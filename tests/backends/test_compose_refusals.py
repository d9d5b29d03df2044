"""What the engine, Compose and BuildKit said (Engine 26.1, Compose 2.26), and what is made of it."""

import pytest

from netdsl.backends.compose import building, engine
from netdsl.backends.compose.ended import CommandFailed
from netdsl.backends.compose.refusals import refusal
from netdsl.runtime.driver import Answer, DriverError
from netdsl.runtime.interfaces import refuse_unknown

_DAEMON = "Error response from daemon: "


@pytest.mark.parametrize(
    ("said", "message", "remedy"),
    [
        (
            'time="2026-11-30T14:16:23Z" level=warning msg="a network with name x_lan exists but was not created by '
            'compose.\\nSet `external: true` to use an existing network"\n'
            'network x_lan was found but has incorrect label com.docker.compose.network set to ""',
            "there is a network `x_lan` already, and it is not this lab's",
            "docker network rm x_lan; or give this lab a name of its own (--project NAME)",
        ),
        (
            _DAEMON + 'Conflict. The container name "/x-a-1" is already in use by container "1f5c". You have to remove '
            "(or rename) that container to be able to reuse that name.",
            "there is a container `x-a-1` already, and it is not this lab's",
            "docker rm --force x-a-1; or give",
        ),
        (
            _DAEMON + "no available IPv4 addresses on this network's address pools: x_lan (c571698aa3aa)",
            "the network `x_lan` has no address left",
            "docker network inspect x_lan shows what",
        ),
        (
            f"failed to create network x_lan: {_DAEMON}could not find an available, non-overlapping IPv4 address pool "
            "among the defaults to assign to the network",
            "the engine has no range left",
            "docker network prune",
        ),
        (f"{_DAEMON}mkdir /var/lib/docker/x: no space left on device", "there is no space left", "docker system df"),
        (
            f'{_DAEMON}error gathering device information while adding custom device "/dev/net/tun": no such file or '
            "directory",
            "this machine has no device /dev/net/tun",
            "modprobe tun",
        ),
        (
            f'{_DAEMON}invalid mount config for type "bind": bind source path does not exist: /srv/x y/nodes/b',
            "/srv/x y/nodes/b is not there",
            "NETDSL_CREDENTIALS",
        ),
        (
            f"failed to create network x_lan: {_DAEMON}invalid subinterface vlan name nosuch0, example formatting is "
            "eth0.10",
            "the device nosuch0,",
            "NETDSL_PARENT",
        ),
        (
            f"{_DAEMON}failed to create task for container: OCI runtime create failed: runc create failed: unable to start "
            "container process: error during container init: open /proc/sys/net/ipv4/nosuch: no such file or directory",
            "the kernel has no sysctl net/ipv4/nosuch",
            "netdsl doctor",
        ),
        (
            "failed to solve: debian:x: failed to resolve source metadata for docker.io/library/debian:x: failed to do "
            'request: Head "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host',
            "the image docker.io/library/debian:x is not here",
            "docker load",
        ),
        (
            f'{_DAEMON}Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host',
            "the engine does not reach its registry",
            "docker load",
        ),
        (f"{_DAEMON}fork/exec /proc/self/exe: resource temporarily unavailable", "no process left", "docker ps"),
        (f"{_DAEMON}failed to create shim: cannot allocate memory", "no memory", "free -m"),
        (f"{_DAEMON}failed to add interface veth1: operation not permitted", "not the right", "netdsl doctor"),
    ],
)
def test_what_is_known_has_our_words_a_remedy_and_the_engine_s_own_line_once(
    said: str, message: str, remedy: str
) -> None:
    found = refusal(f" Container x-a-1  Creating\n{said}\n", "docker compose up", 1)
    assert found is not None
    assert message in found.message
    assert found.remedy is not None
    assert remedy in found.remedy
    assert len(found.tail.splitlines()) == 1
    assert "Error response" not in found.tail
    assert "level=warning" not in found.tail


def test_what_the_engine_says_counts_before_what_others_say() -> None:
    said = f"x: permission denied\n{_DAEMON}write: no space left on device\n"
    found = refusal(said, "docker", 1)
    assert found is not None
    assert "no space" in found.message


@pytest.mark.parametrize("said", ["", "container x-a-1 is unhealthy", f"{_DAEMON}Minimum memory limit allowed is 6MB"])
def test_what_is_not_known_is_left_as_it_is(said: str) -> None:
    assert refusal(said, "docker", 1) is None


_APT = """\
#0 building with "default" instance using docker driver

#5 [a node-766c7c0370ea 2/3] RUN --mount=type=cache,target=/var/cache/apt,sharing=locked     rm -f x     && apt-get update
#5 0.983 Get:1 http://deb.debian.org/debian trixie InRelease [140 kB]
#6 [b node-1 2/3] RUN true
#5 6.459 Reading package lists...
#5 10.70 Building dependency tree...
#6 10.9 of another step
#5 12.64 E: Unable to locate package no-such-package-xyz
#5 ERROR: process "/bin/sh -c rm -f x" did not complete successfully: exit code: 100
------
 > [a node-766c7c0370ea 2/3] RUN --mount=type=cache,target=/var/cache/apt,sharing=locked     rm -f x     && apt-get update:
0.983 Get:1 http://deb.debian.org/debian trixie InRelease [140 kB]
------
failed to solve: process "/bin/sh -c rm -f x" did not complete successfully: exit code: 100
"""


def _unbuilt(text: str, monkeypatch: pytest.MonkeyPatch) -> DriverError:
    for module in (building, engine):
        monkeypatch.setattr(module, "client_fault", lambda: None)
    error: DriverError = building.unbuilt(CommandFailed(["docker", "compose", "build"], 17, text))
    return error


def test_of_a_build_the_step_that_failed_is_shown_with_its_last_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    error = _unbuilt(_APT, monkeypatch)
    assert error.message == "an image could not be built: [a node-766c7c0370ea 2/3] RUN rm -f x && apt-get update"
    assert error.tail == "E: Unable to locate package no-such-package-xyz"
    assert error.remedy == "Debian has no package no-such-package-xyz: the `packages` line of that image names it"


def test_also_where_its_beginning_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    error = _unbuilt(_APT[_APT.index("#5 12.64") :], monkeypatch)
    assert "RUN rm -f x" in error.message


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Temporary failure resolving 'deb.debian.org'", "no mirror of Debian is within reach"),
        ("sh: 1: /x: Permission denied", "one of the lab's `image` block"),
        ("cp: write error: No space left on device", "docker system df"),
    ],
)
def test_a_step_s_words_give_its_remedy(line: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    error = _unbuilt(_APT.replace("E: Unable to locate package no-such-package-xyz", line), monkeypatch)
    assert error.remedy is not None
    assert words in error.remedy


def test_a_base_that_is_out_of_reach_is_no_step(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        "#2 [a internal] load metadata for docker.io/nosuch/debian:x\n"
        '#2 ERROR: failed to do request: Head "https://registry-1.docker.io/v2/": no such host\n------\n'
        " > [a internal] load metadata for docker.io/nosuch/debian:x:\n------\nfailed to solve: nosuch/debian:x: failed to "
        "resolve source metadata for docker.io/nosuch/debian:x: failed to do request: no such host\n"
    )
    assert (
        _unbuilt(text, monkeypatch).message
        == "the image docker.io/nosuch/debian:x is not here, and the engine does not get it"
    )


def test_a_build_that_fails_otherwise_has_its_last_line(monkeypatch: pytest.MonkeyPatch) -> None:
    error = _unbuilt("one\nfailed to solve: circular dependency\n", monkeypatch)
    assert (error.message, error.tail) == ("an image could not be built", "failed to solve: circular dependency")


def test_while_it_goes_on_each_step_is_told_once() -> None:
    told: list[str] = []
    hear = building.steps(told.append)
    for line in _APT.splitlines() * 2:
        hear(line)
    assert told == ["[a node-766c7c0370ea 2/3] RUN rm -f x && apt-get update", "[b node-1 2/3] RUN true"]


_LINKS = "lo               UNKNOWN        00:00 <LOOPBACK>\nwan@if7          UP             02:6e <UP>\nlan UP 02:6e\n"


def test_an_interface_that_a_node_has_not_is_named_with_those_that_it_has() -> None:
    with pytest.raises(DriverError, match=r"`fw` has no interface `wna`: did you mean `wan`\?") as caught:
        refuse_unknown("fw", "wna", Answer(0, _LINKS))
    assert caught.value.remedy == "its interfaces are lo, wan, lan; any is all of them"


@pytest.mark.parametrize(
    ("interface", "answer"),
    [("wan", Answer(0, _LINKS)), ("any", Answer(0, _LINKS)), ("x", Answer(1, "")), ("x", Answer(0, ""))],
)
def test_one_that_it_has_is_taken_and_any_where_it_says_nothing(interface: str, answer: Answer) -> None:
    refuse_unknown("fw", interface, answer)
