"""The same story on a whole Debian kernel, with ESP, dummy devices and ipvlan; and images for another processor.

The kernel runs in the reference host, whose engine reaches nothing outside. Without KVM everything there takes many times
longer: times are for the record, and every wait has so much more patience.
"""

import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.compose import ComposeLab, compile_lab
from tests.live.machine import HERE, ROOT, Machine
from tests.live.story import *  # noqa: F403
from tests.live.story import Running, give_away, start
from tests.live.studies import CASE_STUDIES

pytestmark = pytest.mark.full

TOOL = str(ROOT / "tools/reference-host")
CASES = (("site-to-site", "macvlan"), ("host-to-host", "ipvlan"), ("site-to-site-v6", "ipvlan"))
ARM = ("linux/arm64", "arm64v8/debian:trixie-slim", "aarch64")


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, image: str, run_name: str) -> Iterator[Machine]:
    """The reference host, booted with the labs' images in its engine, switched off and removed at the end."""
    images = {image}
    for study in CASE_STUDIES:
        lab = compile_lab(study.source, tmp_path_factory.mktemp("images"), f"{run_name}-i", "--closed")
        lab.prepare()
        images.update(lab.all_images())
    state = tmp_path_factory.mktemp("reference-host")
    HERE.say(TOOL, "--state", str(state), "build", *sorted(images), timeout=900)
    try:
        HERE.say(TOOL, "--state", str(state), "boot", timeout=400)
        yield Machine((TOOL, "--state", str(state), "ssh"), patience=8)
    finally:
        HERE.run(TOOL, "--state", str(state), "off", timeout=60)
        shutil.rmtree(state, ignore_errors=True)


@pytest.fixture(scope="module", params=CASES, ids=lambda case: "-".join(case))
def running(
    request: pytest.FixtureRequest,
    machine: Machine,
    image: str,
    tmp_path_factory: pytest.TempPathFactory,
    run_name: str,
) -> Iterator[Running]:
    name, driver = request.param
    study = next(study for study in CASE_STUDIES if study.name == name)
    folder = tmp_path_factory.mktemp(f"{name}-{driver}") / f"{name}-{driver}"
    options = ("--closed", "--driver", driver)
    compiled = compile_lab(study.source, folder, f"{run_name}-{name}-{driver}", *options)
    if study.of_another_user:
        give_away(folder)
    HERE.say(*machine.reach[:-1], "copy", str(folder), ":/root", timeout=120)
    lab = ComposeLab(Path("/root") / folder.name / "compose", compiled.project, machine)
    try:
        running = start(study, driver, lab, folder / "credentials")
        assert "\tkernel\n" in running.before_traffic
        assert machine.run("test", "-e", ".env", folder=lab.folder).returncode == 1, "no parents are needed here"
        yield running
    finally:
        lab.take_away()


def test_the_images_are_built_for_another_processor_too(tmp_path: Path, run_name: str) -> None:
    """One platform at a time: this engine keeps one for each tag (docs/engine.md)."""
    platform, base, processor = ARM
    lab = compile_lab(ROOT / "examples/site-to-site/lab.net", tmp_path, f"{run_name}-arm")
    HERE.say(str(ROOT / "tools/base-image"), "--platform", platform, timeout=900)
    tag = f"{run_name}-arm:{secrets.token_hex(3)}"
    overrides = (f"*.platform={platform}", f"*.args.BASE={base}", f"*.tags={tag}")
    words = [word for override in overrides for word in ("--set", override)]
    try:
        HERE.say("docker", "buildx", "bake", "--file", "docker-bake.json", *words, folder=lab.folder, timeout=1500)
        form = "{{.Os}}/{{.Architecture}}"
        assert HERE.say("docker", "image", "inspect", "--format", form, tag).strip() == platform
        run = ("docker", "run", "--rm", "--platform", platform, "--network", "none", "--entrypoint", "sh", tag, "-c")
        assert HERE.say(*run, "uname -m").strip() == processor
        # nft itself opens a netlink socket first, which emulation of a processor alone does not have
        assert "strongSwan" in HERE.say(*run, "swanctl --help 2>&1 && ip -V && command -v nft && busybox true")
    finally:
        HERE.run("docker", "image", "rm", tag)


def test_the_bake_file_names_both_processors(tmp_path: Path, run_name: str) -> None:
    lab = compile_lab(ROOT / "examples/site-to-site/lab.net", tmp_path, f"{run_name}-bake")
    said = subprocess.run(
        ["docker", "buildx", "bake", "--file", "docker-bake.json", "--print"],
        cwd=lab.folder, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert '"linux/amd64"' in said.stdout
    assert '"linux/arm64"' in said.stdout
