"""The Dockerfile and the bake file as text; one filter per quoting rule."""

import json
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from netdsl.codegen.images import BASE, Stage
from netdsl.codegen.parents import parent_image


def exec_form(words: list[str]) -> str:
    """The exec form of an instruction: JSON, in one line. Dockerfiles substitute no variables in the exec form of RUN.

    A backslash at a line's end cannot come about: the line ends with `]`.
    """
    return json.dumps(words)


def label(text: str) -> str:
    """A label's value between double quotes: `\\`, `"` and `$` are escaped, what is not printable is JSON's escape."""
    return json.dumps(text).replace("$", "\\$")


def comment(text: str) -> str:
    """Text of one line in a comment."""
    return "".join(character if character.isprintable() else " " for character in text)


def dockerfile(lab: str, stages: tuple[Stage, ...]) -> str:
    """All stages in one file, after those of their parent images."""
    names = dict.fromkeys(stage.parent for stage in stages if stage.parent)
    parents = {name: parent_image(name) for name in names}
    return _environment().get_template("Dockerfile.j2").render(lab=lab, base=BASE, stages=stages, parents=parents)


def bake_file(stages: tuple[Stage, ...]) -> str:
    """`docker buildx bake`: every image for every platform that it is for. JSON, which bake reads as it does HCL."""
    targets = {
        stage.name: {
            "context": ".",
            "dockerfile": "Dockerfile",
            "target": stage.name,
            "tags": [stage.reference],
            "platforms": list(stage.platforms),
        }
        for stage in stages
    }
    groups = {"default": {"targets": list(targets)}}
    return json.dumps({"group": groups, "target": targets}, indent=2) + "\n"


@cache
def _environment() -> Environment:
    environment = Environment(  # noqa: S701 - no HTML: quoting is by the filters below
        loader=PackageLoader("netdsl.backends.dockerfile"), undefined=StrictUndefined, keep_trailing_newline=True
    )
    environment.filters.update(exec_form=exec_form, label=label, comment=comment)
    return environment
