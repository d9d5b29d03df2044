"""The engine and Compose, as a driver and a meter ask them; what they refuse, in our words."""

import json
import stat
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from shlex import join
from threading import Thread
from typing import TYPE_CHECKING, Any

from netdsl.disk.named import make_named
from netdsl.disk.scratch import scratch_folder
from netdsl.runtime.driver import Answer, Deployment, DriverError, Progress
from netdsl.runtime.elsewhere import refuse_folders
from netdsl.runtime.output import TooMuch, output_of

from .client import client_fault
from .ended import CommandFailed
from .model import NODE
from .own import OwnImage
from .refusals import refusal

if TYPE_CHECKING:
    from python_on_whales import DockerClient

PROJECT = "com.docker.compose.project"
FOLDER = f"{PROJECT}.working_dir"
SERVICE = "com.docker.compose.service"
"""Labels of Compose's."""
_BUILD = 600.0  # seconds
FILE = "compose.yaml"
_FILES = (FILE, "compose.override.yaml")
GOING = ("No such container", "is already in progress")
"""What the engine says of a container that is to be removed, and has been, or is being."""
_NO_IMAGE = "No such image"
# What the engine's client says where no command ran.
_ENGINES = ("Error response from daemon", "Cannot connect to the Docker daemon", "permission denied while trying")


def load_client() -> None:
    """Begin to load the library's client: that takes a third of a second, and meanwhile the engine says its version."""
    Thread(target=import_module, args=("python_on_whales",), daemon=True).start()


def check_client() -> None:
    """Raises DriverError where no client is there that can run labs."""
    fault = client_fault()
    if fault is not None:
        raise fault


def files_of(deployment: Deployment) -> Iterator[Path]:
    """The project's file, and the user's beside it where there is one: Compose, which would look for another where none is
    named, waits for a pipe and follows a link. Raises DriverError."""
    for name in _FILES:
        path = deployment.folder / name
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:
            mode = None
        except OSError as error:
            raise DriverError(f"{path} cannot be read ({error.strerror})") from error
        if mode is not None and not stat.S_ISREG(mode):
            raise DriverError(f"{path} is not a regular file", remedy="remove it, then compile the lab again")
        if mode is not None or name == _FILES[0]:
            yield path


def compose_command(deployment: Deployment) -> list[str]:
    """The command `docker compose` for a project. Raises DriverError."""
    return _compose_words(deployment, files_of(deployment))


def _compose_words(deployment: Deployment, paths: Iterable[Path]) -> list[str]:
    files = [word for path in paths for word in ("-f", str(path))]
    return ["docker", "compose", "-p", deployment.project, "--project-directory", str(deployment.folder), *files]


def resolved(deployment: Deployment, text: bytes | None = None) -> dict[str, Any]:
    """The project as Compose reads it, the user's files and variables with it. `text`: instead of its compose.yaml. Raises
    DriverError."""
    with project_files(deployment, text) as paths, client(deployment, paths) as docker:
        return docker.compose.config(return_json=True)


@contextmanager
def project_files(
    deployment: Deployment, text: bytes | None, labels: Mapping[str, Mapping[str, str]] | None = None
) -> Iterator[tuple[Path, ...]]:
    """A context with the project's files. `text`: instead of its compose.yaml; `labels`: those that services have then."""
    with scratch_folder() as scratch:
        paths = tuple(files_of(deployment))
        if text is not None:
            own = Path(scratch) / FILE
            make_named(own, text.decode(errors="replace"))
            paths = (own, *(path for path in paths if path.name != FILE))
        if labels:
            last = Path(scratch) / "labels.yaml"  # JSON is YAML
            make_named(last, json.dumps({"services": {name: {"labels": dict(of)} for name, of in labels.items()}}))
            paths = (*paths, last)
        yield paths


def config_hashes(
    deployment: Deployment, text: bytes | None, labels: Mapping[str, Mapping[str, str]]
) -> dict[str, str]:
    """What Compose tells by whether a service is another one than its container was made for. Arguments: as
    `project_files`. Raises DriverError."""
    with project_files(deployment, text, labels) as paths:
        words = [*_compose_words(deployment, paths), "config", "--hash", "*"]
        lines = (line.split() for line in said(words[1:]).splitlines())
        return {fields[0]: fields[1] for fields in lines if len(fields) == 2}


@contextmanager
def client(deployment: Deployment, paths: Iterable[Path] = ()) -> Iterator["DockerClient"]:
    """The library's client, for what is asked once: it takes longer to load than `docker exec` takes. Its errors are told
    as DriverError. `paths`: the project's files."""
    from python_on_whales import ClientNotFoundError, DockerClient
    from python_on_whales.exceptions import DockerException

    try:
        yield DockerClient(
            compose_files=list(paths),
            compose_project_name=deployment.project,
            compose_project_directory=deployment.folder,
        )
    except DockerException as error:
        command = join(map(str, error.docker_command))
        raise refused("Docker refused", command, error.return_code, error.stderr or error.stdout or "") from error
    except ClientNotFoundError as error:
        raise client_fault() or DriverError(str(error)) from error


def builds_of(config: Mapping[str, Any]) -> dict[str, str]:
    """The image of each service that has one to be built."""
    services = config.get("services") or {}
    return {name: service["image"] for name, service in services.items() if "build" in service}


def image_ids(names: Iterable[str]) -> dict[str, str]:
    """The ids of the images that are there, by name; asked at once where all are. Raises DriverError."""
    wanted = tuple(dict.fromkeys(names))
    if not wanted:
        return {}
    words = ("image", "inspect", "--format", "{{.Id}}")
    answer = tried([*words, *wanted])
    if answer.status == 0:
        return dict(zip(wanted, answer.output.split(), strict=True))
    if len(wanted) > 1:
        return {name: identity for one in wanted for name, identity in image_ids((one,)).items()}
    if _NO_IMAGE not in answer.errors:
        raise refused("Docker refused", "docker image inspect", answer.status, answer.errors)
    return {}


def of_project(deployment: Deployment) -> tuple[str, str]:
    """The words by which the engine lists what is of the project alone."""
    return "--filter", f"label={PROJECT}={deployment.project}"


def nodes_of(deployment: Deployment) -> tuple[str, ...]:
    """As `of_project`, the lab's nodes alone."""
    return *of_project(deployment), "--filter", f"label={NODE}"


def refuse_other_folder(deployment: Deployment) -> None:
    """Raises DriverError where the project is there, but of another folder: it is another lab of that name."""
    form = f'{{{{.Label "{FOLDER}"}}}}'
    words = ["ps", "--all", *of_project(deployment), "--format", form]
    refuse_folder_labels(deployment, said(words).splitlines())


def refuse_folder_labels(deployment: Deployment, labels: Iterable[str]) -> None:
    """As `refuse_other_folder`, by labels `FOLDER` that are known already."""
    refuse_folders(deployment, (Path(label) for label in labels if label), "netdsl down")


def is_there(deployment: Deployment) -> bool:
    """Whether the engine has a container or a network of the project. Raises DriverError."""
    kinds = (("container", "ls", "--all"), ("network", "ls"))
    return any(said([*words, "--quiet", *of_project(deployment)]).strip() for words in kinds)


@contextmanager
def told() -> Iterator[None]:
    """Docker's own errors in our words, with the command, its status and its last lines."""
    try:
        yield
    except CommandFailed as error:
        raise failed("Docker refused", error) from error


def said(words: Sequence[str], *, timeout: float = 120, given: str | None = None) -> str:
    """What a command of `docker` says, `given` on its standard input; it is not ended by a Ctrl-C that this process gets.

    Quicker than a client where it is asked often. Raises DriverError.
    """
    done = tried(words, timeout=timeout, given=given)
    if done.status:
        raise refused("Docker refused", " ".join(("docker", *words[:2])), done.status, done.errors)
    return done.output


def tried(words: Sequence[str], *, timeout: float = 120, given: str | None = None) -> Answer:
    """As `said`, where the command may fail in part."""
    try:
        return _run(words, timeout, (given or "").encode())
    except subprocess.TimeoutExpired as error:
        command = " ".join(("docker", *words[:2]))
        message = f"`{command}` does not end within {timeout:g} s"
        raise client_fault() or DriverError(message, command=command) from error


def silent(_: str) -> None:
    """Progress that is not shown."""


def make_image(image: OwnImage, progress: Progress = silent) -> None:
    """An image of netdsl's own, where it is missing. Raises DriverError."""
    if said(["image", "ls", "--quiet", image.name]).strip():
        return
    progress(f"building {image.name}")
    try:
        said(["build", "--quiet", "--tag", image.name, "-"], timeout=_BUILD, given=image.dockerfile)
    except DriverError as error:
        if error.remedy is not None:  # the client or its engine is not well
            raise
        raise DriverError(
            f"netdsl's own image {image.name} could not be built",
            command=error.command,
            status=error.status,
            tail=error.tail or error.message,
            remedy=f"the packages {', '.join(image.packages)} of Debian have to be within reach",
        ) from error


class Unasked(Exception):
    """The engine could not run a command in a container; its words."""


def answered(container: str, command: Sequence[str], *, timeout: float) -> Answer:
    """By a command in a container, which a Ctrl-C that this process gets does not end. Raises Unasked, TimeoutExpired (the
    command runs on inside) and DriverError."""
    answer = _run(("exec", container, *command), timeout)
    if answer.status in (1, 126) and answer.errors.startswith(_ENGINES):
        raise Unasked(answer.errors)
    return answer


def _run(words: Sequence[str], timeout: float, given: bytes = b"") -> Answer:
    try:
        return output_of(("docker", *words), timeout=timeout, given=given)
    except TooMuch as error:
        command = " ".join(("docker", *words[:2]))
        raise DriverError(f"`{command}` {error}", command=command) from error
    except FileNotFoundError as error:
        raise client_fault() or DriverError(str(error)) from error


def failed(message: str, error: CommandFailed) -> DriverError:
    return refused(message, join(error.command), error.status, error.errors)


def refused(message: str, command: str, status: int, tail: str) -> DriverError:
    """What a command's failure comes from: the client or its engine where they are not well, else what it says, in our
    words where they are known."""
    return (
        client_fault()
        or refusal(tail, command, status)
        or DriverError(message, command=command, status=status, tail=tail)
    )
