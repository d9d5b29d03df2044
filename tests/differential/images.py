"""The files of images, exported by an engine once: nodes without an engine stand on them."""

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.live.machine import CACHE, HERE

_FOLDER = CACHE / "images"


def files_of(image: str) -> Path:
    """The folder with its files, where it was exported."""
    return _place(image) / "root"


def environment_of(image: str) -> tuple[str, ...]:
    """What its containers are started with. Raises AssertionError where it wants more than variables."""
    config = json.loads((_place(image) / "config.json").read_text())
    assert not config.get("User"), f"{image} has a user"
    assert not config.get("WorkingDir"), f"{image} has a folder to work in"
    return tuple(config["Env"])


def export(image: str) -> None:
    """From this machine's engine, which has it."""
    place = _place(image)
    _FOLDER.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=_FOLDER) as folder:
        part = Path(folder, "image")
        (part / "root").mkdir(parents=True)
        config = HERE.say("docker", "image", "inspect", "--format", "{{json .Config}}", image)
        (part / "config.json").write_text(config)
        container = HERE.say("docker", "create", image).strip()
        try:
            HERE.say("docker", "export", "--output", f"{folder}/tar", container)
        finally:
            HERE.say("docker", "rm", container)
        HERE.say("tar", "-xpf", f"{folder}/tar", "--numeric-owner", "-C", str(part / "root"))
        if not place.exists():  # another process may have been faster
            part.rename(place)


def _place(image: str) -> Path:
    return _FOLDER / re.sub("[^a-z0-9.-]", "_", image)
