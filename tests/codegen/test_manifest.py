"""The manifest: what was written, and where in the source each node comes from."""

import json
from pathlib import Path

from click.testing import CliRunner

from netdsl.cli.main import netdsl
from netdsl.codegen.manifest import MANIFEST, digest, read_manifest

LAB = """\
lab small
network lan 10.0.0.0/24
template desk {
  host pc { interface on lan }
}
use desk as a
host b { interface on lan }
"""


def test_it_names_every_file_and_every_nodes_place(tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(LAB)
    out = tmp_path / "out" / "compose"
    done = CliRunner().invoke(netdsl, ["compile", str(tmp_path / "lab.net"), "-o", str(out)])
    assert done.exit_code == 0, done.output
    manifest = read_manifest(out)
    assert manifest is not None
    assert (manifest.lab, manifest.target, manifest.project) == ("small", "compose", "small")
    assert manifest.places == {"a.pc": "lab.net:4:3", "b": "lab.net:7:1"}
    written = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert written == {*manifest.files, MANIFEST}
    assert all(digest((out / path).read_bytes()) == mark for path, mark in manifest.files.items())
    assert json.loads((out / MANIFEST).read_text())["generator"].startswith("netdsl ")
