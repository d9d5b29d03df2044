"""The compose-spec's own schema (compose-go 2.4.8, Apache-2.0), asked before anything is written."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import jsonschema_rs

from netdsl.codegen.yaml import Data


class NotCompose(Exception):
    """The schema refuses what we made: a defect of netdsl, found before it is written."""


def check_schema(data: Mapping[str, Data]) -> None:
    """Raises NotCompose."""
    try:
        _validator().validate(data)
    except jsonschema_rs.ValidationError as error:
        raise NotCompose(f"compose.yaml does not follow the compose-spec: {error.message}") from error


@cache
def _validator() -> jsonschema_rs.Validator:
    schema = json.loads((files("netdsl.backends.compose") / "compose-spec.json").read_bytes())
    return jsonschema_rs.validator_for(schema)
