"""Findings as SARIF 2.1.0: what its schema asks of the objects used here, and what code hosts read."""

import json
from typing import Any

import jsonschema_rs
import pytest

from netdsl.diagnostics.catalogue import NO_ROUTE, UNKNOWN_NAME
from netdsl.diagnostics.core import Diagnostic, Label
from netdsl.diagnostics.fix import Edit, Fix
from netdsl.diagnostics.render_sarif import render_sarif, uri
from netdsl.source import Place, SourceFile, Span

LAB = SourceFile("sub dir/lab.net", "lab x\nuse t\nhost y {\n}\n")
USE = Span(LAB, 6, 11)
NAME = Span(LAB, 17, 18)
BLOCK = Span(LAB, 12, 22)


def closed(required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }


def several(item: dict[str, Any], *, unique: bool = False) -> dict[str, Any]:
    return {"type": "array", "items": item, "uniqueItems": unique}


TEXT = {"type": "string"}
FROM_ONE = {"type": "integer", "minimum": 1}
FROM_ZERO = {"type": "integer", "minimum": 0}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
MESSAGE = closed(["text"], text=TEXT)
FORMATTED = closed(["text"], text=TEXT, markdown=TEXT)
REGION = closed(
    [],
    startLine=FROM_ONE,
    startColumn=FROM_ONE,
    endLine=FROM_ONE,
    endColumn=FROM_ONE,
    charOffset=FROM_ZERO,
    charLength=FROM_ZERO,
)
LOCATION = closed(
    ["physicalLocation"],
    id={"type": "integer", "minimum": -1},
    message=MESSAGE,
    physicalLocation=closed(
        ["artifactLocation"],
        artifactLocation=closed(["uri"], uri={"type": "string", "format": "uri-reference"}),
        region=REGION,
    ),
)
RULE = closed(
    ["id"],
    id=TEXT,
    shortDescription=FORMATTED,
    help=FORMATTED,
    defaultConfiguration=closed([], level=LEVEL),
)
FIX = closed(
    ["artifactChanges"],
    description=MESSAGE,
    artifactChanges=several(
        closed(
            ["artifactLocation", "replacements"],
            artifactLocation=closed(["uri"], uri={"type": "string", "format": "uri-reference"}),
            replacements=several(
                closed(["deletedRegion"], deletedRegion=REGION, insertedContent=closed(["text"], text=TEXT))
            ),
        )
    ),
)
RESULT = closed(
    ["message"],
    ruleId=TEXT,
    ruleIndex={"type": "integer", "minimum": -1},
    level=LEVEL,
    message=MESSAGE,
    locations=several(LOCATION),
    relatedLocations=several(LOCATION, unique=True),
    fixes=several(FIX, unique=True),
)
DRIVER = closed(["name"], name=TEXT, semanticVersion=TEXT, rules=several(RULE, unique=True))
RUN = closed(
    ["tool"],
    tool=closed(["driver"], driver=DRIVER),
    invocations=several(closed(["executionSuccessful"], executionSuccessful={"type": "boolean"})),
    automationDetails=closed([], id=TEXT),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results=several(RESULT),
)
SARIF = closed(
    ["version", "runs"],
    **{"$schema": {"type": "string", "format": "uri"}, "version": {"enum": ["2.1.0"]}, "runs": several(RUN)},
)
"""The part of the OASIS schema for the objects that netdsl writes, closed as the schema closes them."""

FOUND = [
    Diagnostic(
        UNKNOWN_NAME,
        "no `${x}` in [a](b)",
        Label(Place(NAME, (USE,)), "l"),
        (Label(Place(BLOCK), "r"), Label(Place(BLOCK), "r")),
        "did you mean `y`?",
        (Fix("did you mean `y`?", (Edit(NAME, "y"),)),),
    ),
    Diagnostic(NO_ROUTE, "m", Label(Place(BLOCK))),
]


def log(found: list[Diagnostic]) -> Any:
    text = render_sarif(found, version="1.2.3")
    assert text.isascii()
    return json.loads(text)


@pytest.mark.parametrize("found", [[], FOUND])
def test_a_log_is_what_the_schema_asks(found: list[Diagnostic]) -> None:
    checker = jsonschema_rs.validator_for(SARIF, validate_formats=True)
    assert [str(error) for error in checker.iter_errors(log(found))] == []


def test_a_variant_is_what_the_schema_asks_and_tells_runs_apart() -> None:
    document = json.loads(render_sarif(FOUND, version="1.2.3", variant="student=4"))
    checker = jsonschema_rs.validator_for(SARIF, validate_formats=True)
    assert [str(error) for error in checker.iter_errors(document)] == []
    assert document["runs"][0]["automationDetails"] == {"id": "netdsl/student=4"}


def test_every_result_names_its_rule_by_id_and_index() -> None:
    run = log(FOUND)["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["no-route", "unknown-name"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == ["unknown-name", "no-route"]
    assert [result["level"] for result in run["results"]] == ["error", "warning"]


def test_a_rule_carries_its_page_as_help() -> None:
    rule = log(FOUND)["runs"][0]["tool"]["driver"]["rules"][0]
    assert rule["help"]["markdown"].startswith("# no-route\n")


def test_a_region_counts_from_one_and_ends_after_the_last_character() -> None:
    region = log(FOUND)["runs"][0]["results"][1]["locations"][0]["physicalLocation"]["region"]
    assert region == {
        "startLine": 3,
        "startColumn": 1,
        "endLine": 4,
        "endColumn": 2,
        "charOffset": 12,
        "charLength": 10,
    }


def test_related_places_and_uses_are_related_locations_with_ids() -> None:
    related = log(FOUND)["runs"][0]["results"][0]["relatedLocations"]
    assert [(one["id"], one["message"]["text"]) for one in related] == [(1, "r"), (2, "r"), (3, "in this use")]


def test_a_fix_is_replacements_in_files() -> None:
    (fix,) = log(FOUND)["runs"][0]["results"][0]["fixes"]
    assert fix["description"]["text"] == "did you mean `y`?"
    (change,) = fix["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "sub%20dir/lab.net"
    (one,) = change["replacements"]
    assert (one["deletedRegion"]["charOffset"], one["deletedRegion"]["charLength"]) == (17, 1)
    assert one["insertedContent"] == {"text": "y"}


def test_braces_and_links_in_a_message_are_escaped() -> None:
    message = log(FOUND)["runs"][0]["results"][0]["message"]["text"]
    assert message == "no `${{x}}` in [a\\](b)\nhelp: did you mean `y`?"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lab.net", "lab.net"),
        ("sub dir/lab.net", "sub%20dir/lab.net"),
        ("/srv/a#b?.net", "file:///srv/a%23b%3F.net"),
        ("c:é.net", "c%3A%C3%A9.net"),
        ("\ud800.net", "%5Cud800.net"),
    ],
)
def test_a_file_name_becomes_a_uri_reference(name: str, expected: str) -> None:
    assert uri(name) == expected
