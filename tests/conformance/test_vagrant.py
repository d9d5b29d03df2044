"""The Vagrantfile, read by Ruby and by Vagrant themselves. No machine is made: nothing here needs a hypervisor."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.labs import automatic
from netdsl.backends.vagrant.model import Project
from netdsl.backends.vagrant.render import vagrantfile as written
from netdsl.codegen.contract import Layout
from tests import vagrantfile
from tests.attack.texts import TEXTS
from tests.compiling import LABS, Outcome, all_tunnels, compiled_file, compiled_text
from tests.machines import a_lab, files_of, project_of

pytestmark = pytest.mark.live  # tools/hypervisor installs what is called here
READER = Path(__file__).with_name("vagrantfile.rb")
MORE = (
    "\"; system('touch x'); \"",
    "#{`touch x`}",
    "#$0",
    "#@x",
    "'+`id`+'",
    "\\'",
    "%x(id)",
    "?a",
    "<<~X",
    "__END__",
    "=begin",
)


def _write(outcome: Outcome, folder: Path) -> Path:
    assert outcome.files is not None, outcome.rendered()
    for path, content in outcome.files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return folder


def _run(*command: object, folder: Path, text: str = "", **environment: str) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        input=text,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _told(files: Iterable[Path], folder: Path) -> list[list[list[object]]]:
    """What Ruby finds each file to tell; words of Ruby's other than ours are a failure."""
    out = _run("ruby", "-W2", READER, folder=folder, text="".join(f"{file}\n" for file in files))
    return [json.loads(line) for line in out.split("\n") if line]


def _as_read(text: str) -> list[list[object]]:
    """The same by the tests' own reader, in the same form."""
    said = vagrantfile.read(text)
    told: list[list[object]] = [["require", "machine/netdsl"], ["lab", _plain(said.settings)]]
    told += [["segment", _bytes(name), _plain(settings)] for name, settings in said.segments]
    for machine in said.machines:
        told.append(["machine", _bytes(machine.name), _plain(machine.settings)])
        told += [["nic", _bytes(name), _plain(settings)] for name, settings in machine.nics]
    return told


def _plain(settings: dict[str, vagrantfile.Value]) -> dict[str, object]:
    return {key: _bytes(value) for key, value in settings.items()}


def _bytes(value: vagrantfile.Value) -> object:
    if isinstance(value, str) and any("\udc80" <= character <= "\udcff" for character in value):
        return {"bytes": list(os.fsencode(value))}
    return value


def _validate(folder: Path, home: Path) -> None:
    """By Vagrant, for both providers; of VirtualBox's options only the form can be looked at where there is none."""
    surroundings = {"VAGRANT_CHECKPOINT_DISABLE": "1", "NETDSL_ACCELERATOR": "tcg"}

    def validated(provider: str, *options: str) -> str:
        own = {"VAGRANT_HOME": f"{home}-{provider}", "VAGRANT_DOTFILE_PATH": f"{home}-{provider}-lab"}
        return _run(
            "vagrant", "validate", *options, folder=folder, VAGRANT_DEFAULT_PROVIDER=provider, **own, **surroundings
        )

    with ThreadPoolExecutor() as pool:
        found = [pool.submit(validated, "libvirt"), pool.submit(validated, "virtualbox", "--ignore-provider")]
    for one in found:
        assert "Vagrantfile validated successfully." in one.result()


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.parent.name)
def test_examples(lab: Path, tmp_path: Path) -> None:
    folder = _write(compiled_file(lab, tmp_path / "credentials", target="vagrant"), tmp_path / "out")
    _run("ruby", "-wc", "Vagrantfile", folder=folder)
    _run("ruby", "-c", "machine/netdsl.rb", folder=folder)
    assert _told([folder / "Vagrantfile"], folder) == [_as_read((folder / "Vagrantfile").read_text())]
    _validate(folder, tmp_path / "home")


def test_tunnels_of_all_kinds(tmp_path: Path) -> None:
    folder = _write(compiled_text(all_tunnels(), tmp_path / "credentials", target="vagrant"), tmp_path / "out")
    assert _told([folder / "Vagrantfile"], folder) == [_as_read((folder / "Vagrantfile").read_text())]
    _validate(folder, tmp_path / "home")


def test_a_hundred_nodes(tmp_path: Path) -> None:
    folder = _write(compiled_text(automatic(100), tmp_path / "credentials", target="vagrant"), tmp_path / "out")
    (told,) = _told([folder / "Vagrantfile"], folder)
    assert sum(call[0] == "machine" for call in told) == 100
    _validate(folder, tmp_path / "home")


@pytest.mark.parametrize("lab", LABS[:1], ids=lambda lab: lab.parent.name)
def test_what_vagrant_cannot_take_is_not_taken(lab: Path, tmp_path: Path) -> None:
    """The control: `validate` looks at the options."""
    folder = _write(compiled_file(lab, tmp_path / "credentials", target="vagrant"), tmp_path / "out")
    text = (folder / "Vagrantfile").read_text()
    (folder / "Vagrantfile").write_text(text.replace("memory: 256, ", ""))
    with pytest.raises(AssertionError, match="memory"):
        _validate(folder, tmp_path / "home")


def test_ruby_sees_every_text_as_it_was_and_runs_nothing(tmp_path: Path) -> None:
    """Every place of the Vagrantfile that holds text, with every hostile text: more than a lab can get there."""
    texts = [text for text in (*TEXTS, *MORE, "\udcff/é", "a\n'b\\") if _is_text(text)]
    files = []
    for number, text in enumerate(texts):
        file = tmp_path / f"{number}.rb"
        file.write_text(written(_hostile(text)), encoding="utf-8")
        files.append(file)
    told = _told(files, tmp_path)
    for text, calls, file in zip(texts, told, files, strict=True):
        assert calls == _as_read(file.read_text(encoding="utf-8"))
        assert calls[1][1]["credentials"] == _bytes(text)  # type: ignore[index]
        assert [call[1] for call in calls if call[0] == "segment"] == [_bytes(text)]
    assert sorted(tmp_path.iterdir()) == sorted(files)


def _is_text(text: str) -> bool:
    return not any("\ud800" <= character <= "\udc7f" for character in text)


def _hostile(text: str) -> Project:
    project = project_of(a_lab())
    machine = project.machines[1]
    nics = tuple(replace(nic, segment=text, mac=text) for nic in machine.nics)
    return replace(
        project,
        name=text,
        lab=text,
        provider=text,
        accelerator=text,
        box=text,
        segments=(replace(project.segments[0], name=text),),
        machines=(replace(machine, name=text, box=text, management_mac=text, uplink_mac=text, image=text, nics=nics),),
        lab_folder=text,
        payload_nodes=text,
        credentials_folder=text,
    )


def test_a_comment_that_ruby_would_obey_is_none(tmp_path: Path) -> None:
    """`coding:` in a first line names the file's encoding; one that there is not ends the reading."""
    obeyed = tmp_path / "obeyed.rb"
    obeyed.write_text("# -*- coding: nonsense -*-\n")
    assert shutil.which("ruby")
    with pytest.raises(AssertionError, match="nonsense"):
        _run("ruby", "-c", obeyed, folder=tmp_path)
    file = tmp_path / "Vagrantfile"
    file.write_bytes(files_of(a_lab(name="-*- coding: nonsense -*-"), Layout())["Vagrantfile"])
    _run("ruby", "-c", file, folder=tmp_path)


def test_shell_scripts_of_the_guest(tmp_path: Path) -> None:
    scripts = sorted((Path(__file__).parents[2] / "backends/vagrant/machine").rglob("*.sh"))
    assert scripts
    _run("shellcheck", "-s", "sh", *scripts, folder=tmp_path)
