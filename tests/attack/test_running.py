"""What is run from an output folder is netdsl's own, and what lies beside it is named or refused."""

import re
from pathlib import Path

import pytest

from netdsl.backends.compose import driver as containers
from netdsl.backends.compose import engine
from netdsl.backends.compose.beside import beside
from netdsl.backends.compose.own import BESIDE, MEASURE, owned
from netdsl.backends.compose.parents import parents_script
from netdsl.backends.compose.recording import container_words
from netdsl.backends.compose.working import Work
from netdsl.backends.vagrant import driver as machines
from netdsl.backends.vagrant import vagrant
from netdsl.cli.place import find_output
from netdsl.codegen.contract import Options
from netdsl.codegen.images import BASE, stages
from netdsl.pipeline.compilation import keyless_payload
from netdsl.runtime.driver import Deployment, DriverError
from tests.compiling import lab_of
from tests.outputs import write_output

_CONTAINERS = {"compose.yaml": b"x", "Dockerfile": b"x", "parents.sh": b"evil", "parents.tsv": b""}
_MACHINES = {"Vagrantfile": b"", "machine/netdsl.rb": b"", "machine/digests.tsv": b""}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What would have been run on this machine."""
    run: list[tuple[str, ...]] = []

    class Done:
        returncode, stderr, stdout = 0, "", ()

        def wait(self) -> int:
            return 0

        def __enter__(self) -> "Done":
            return self

        def __exit__(self, *_: object) -> None:
            pass

    def record(command: tuple[str, ...], **_: object) -> Done:
        run.append(tuple(command))
        return Done()

    monkeypatch.setattr("subprocess.run", record)
    monkeypatch.setattr("subprocess.Popen", record)
    monkeypatch.setattr(containers, "check_client", lambda: None)
    monkeypatch.setattr(containers, "refuse_other_folder", lambda _: None)
    return run


@pytest.mark.parametrize("path", ["parents.sh", "parents.tsv"])
def test_a_script_that_was_changed_is_not_run(path: str, tmp_path: Path, calls: list[tuple[str, ...]]) -> None:
    write_output(tmp_path, _CONTAINERS)
    (tmp_path / path).write_text("touch /tmp/evil")
    deployment = Deployment(tmp_path, "x")
    message = f"{tmp_path}/{path} is not as netdsl wrote it, and is not run"
    with pytest.raises(DriverError, match=message):
        containers.driver.up(deployment, lambda _: None, timeout=1)
    with pytest.raises(DriverError, match=message):
        containers.driver.down(deployment, lambda _: None)
    assert calls == []


def test_the_script_of_a_planted_folder_with_a_manifest_to_it_is_not_run(
    tmp_path: Path, calls: list[tuple[str, ...]]
) -> None:
    write_output(tmp_path, _CONTAINERS)
    containers._parents(Deployment(tmp_path, "x"), "up", Work(()))
    assert calls == [("sh", "-c", parents_script(), "./parents.sh", "up")]


def test_a_capture_runs_a_program_of_netdsls_own_without_a_right_but_one() -> None:
    confined = "--read-only --security-opt no-new-privileges --cap-drop ALL --pull never --cap-add NET_RAW"
    orphan = " ".join(owned("lab"))
    words = f"run --rm --network container:one {confined} {orphan} --entrypoint tcpdump {BESIDE.name}"
    assert " ".join(container_words("one", "lab")).startswith(f"{words} -p ")


def test_no_image_of_a_lab_has_the_name_of_one_of_netdsls_own() -> None:
    text = 'network lan 10.0.0.0/24\nhost a { interface on lan ; image beside }\nimage beside { run "id" }\n'
    lab = lab_of(text)
    images = {stage.reference for stage in stages(lab, keyless_payload(lab), Options())[0]}
    assert all(re.fullmatch("netdsl/node-[0-9a-f]{12}", image) for image in images)
    assert not images & {BESIDE.name, MEASURE.name}


def test_an_image_of_netdsls_own_is_built_of_its_base_and_its_packages_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[list[str], str | None]] = []

    def said(words: list[str], *, timeout: float = 0, given: str | None = None) -> str:
        asked.append((words, given))
        return ""

    monkeypatch.setattr(engine, "said", said)
    told: list[str] = []
    engine.make_image(BESIDE, told.append)
    assert told == [f"building {BESIDE.name}"]
    assert asked[1] == (["build", "--quiet", "--tag", BESIDE.name, "-"], BESIDE.dockerfile)
    assert BESIDE.dockerfile.startswith(f"FROM {BASE}\n")
    assert "--no-install-recommends busybox iproute2 nftables perl-base tcpdump\n" in BESIDE.dockerfile


def test_an_image_of_netdsls_own_that_cannot_be_built_is_named_with_its_packages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def said(words: list[str], **_: object) -> str:
        if words[0] == "build":
            raise DriverError("Docker refused", command="docker build", status=1, tail="Unable to fetch")
        return ""

    monkeypatch.setattr(engine, "said", said)
    with pytest.raises(DriverError, match=f"netdsl's own image {BESIDE.name} could not be built") as caught:
        containers.driver.prepare_probes(lambda _: None)
    assert caught.value.remedy == (
        "the packages busybox, iproute2, nftables, perl-base, tcpdump of Debian have to be within reach"
    )


@pytest.mark.parametrize("path", ["Vagrantfile", "machine/netdsl.rb"])
def test_ruby_that_was_changed_is_not_run(path: str, tmp_path: Path, calls: list[tuple[str, ...]]) -> None:
    write_output(tmp_path, _MACHINES)
    (tmp_path / path).write_text("system('id')")
    with pytest.raises(DriverError, match=f"{tmp_path}/{path} is not as netdsl wrote it"):
        vagrant.call(tmp_path, "up")
    assert calls == []


@pytest.mark.parametrize("path", [".vagrantplugins", ".vagrant/plugins.json"])
@pytest.mark.parametrize("kind", ["file", "link"])
def test_ruby_that_is_planted_beside_a_lab_is_not_run(
    path: str, kind: str, tmp_path: Path, calls: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VAGRANT_DOTFILE_PATH", raising=False)
    write_output(tmp_path, _MACHINES)
    planted = tmp_path / path
    planted.parent.mkdir(exist_ok=True)
    if kind == "file":
        planted.write_text("system('id')")
    else:
        planted.symlink_to("elsewhere")
    message = f"{planted} is not netdsl's, and Vagrant runs it"
    with pytest.raises(DriverError, match=message):
        vagrant.call(tmp_path, "up")
    with pytest.raises(DriverError, match=message):
        vagrant.destroy_others(tmp_path, ["a"])
    assert calls == []


def test_machines_go_away_without_a_vagrantfile_that_was_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VAGRANT_DOTFILE_PATH", raising=False)
    write_output(tmp_path, _MACHINES)
    (tmp_path / "Vagrantfile").write_text("system('id')")
    made = tmp_path / ".vagrant/machines/pc/libvirt/id"
    made.parent.mkdir(parents=True)
    made.write_text("1234")
    destroyed: list[str] = []

    def destroy(_: Path, names: list[str], *, heard: object) -> None:
        made.unlink()
        destroyed.extend(names)

    monkeypatch.setattr(machines, "sweep", lambda *_: None)
    monkeypatch.setattr(vagrant, "destroy_others", destroy)
    machines.driver.down(Deployment(tmp_path, "x"), lambda _: None)
    assert destroyed == ["pc"]


# ----------------------------------------------------------------------------------------------- what else is in use


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("compose.override.yaml", "services: {}\n", "{}/compose.override.yaml, which is not netdsl's, is used"),
        (".env", "NETDSL_CREDENTIALS=/root\n", "{}/.env, which is not netdsl's alone, is used"),
        ("compose.yaml", "services: {}\n", "{}/compose.yaml was changed by hand, and is used as it is"),
        ("Dockerfile", "FROM evil\n", "{}/Dockerfile was changed by hand, and is used as it is"),
    ],
)
def test_what_the_engine_reads_and_netdsl_did_not_write_is_named(
    path: str, text: str, said: str, tmp_path: Path
) -> None:
    write_output(tmp_path, _CONTAINERS)
    (tmp_path / path).write_text(text)
    assert list(beside(Deployment(tmp_path, "x"))) == [f"note: {said.format(tmp_path)}"]


def test_what_netdsl_wrote_is_not(tmp_path: Path) -> None:
    write_output(tmp_path, _CONTAINERS)
    (tmp_path / ".env").write_text("NETDSL_PARENT_LAN=nd0123456789\n")
    assert list(beside(Deployment(tmp_path, "x"))) == []


def test_variables_in_a_link_are_refused(tmp_path: Path) -> None:
    write_output(tmp_path, _CONTAINERS)
    (tmp_path / ".env").symlink_to("/etc/passwd")
    with pytest.raises(DriverError, match=r"\.env: a symbolic link"):
        list(beside(Deployment(tmp_path, "x")))


# ------------------------------------------------------------------------------------------------------- which folder


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder where `build/exam` is compiled, and a folder `exam` that is a whole output lies planted."""
    monkeypatch.chdir(tmp_path)
    write_output(Path("build/exam/compose"), _CONTAINERS)
    write_output(Path("exam"), _CONTAINERS)
    write_output(Path("other"), _CONTAINERS)
    return tmp_path


def test_a_name_is_a_lab_in_build_before_it_is_a_folder(here: Path) -> None:
    assert here == Path.cwd()
    assert find_output("exam", "compose", None) == Path("build/exam/compose")


@pytest.mark.parametrize("given", ["./exam", "../{}/exam"])
def test_a_folder_is_named_by_a_path(here: Path, given: str) -> None:
    assert find_output(given.format(here.name), "compose", None) == Path(given.format(here.name))


def test_a_name_that_is_a_folder_alone_is_said(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert here == Path.cwd()
    assert find_output("other", "compose", None) == Path("other")
    assert capfd.readouterr().err == "note: other\n"
