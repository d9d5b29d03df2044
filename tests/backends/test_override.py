"""Edits of compose.yaml move to the override file, comments and all."""

import pytest
import yaml

from netdsl.backends.compose.override import adopt
from netdsl.codegen.contract import CannotAdopt

WRITTEN = b"""\
# head
name: lab
x-node: &node
  cap_drop: [ALL]
services:
  gw:
    <<: *node
    image: netdsl/node
    cap_add: [NET_ADMIN]
  pc:
    <<: *node
    image: netdsl/node
"""


def _adopted(edited: str, override: str | None = None) -> str:
    text: bytes = adopt(edited.encode(), WRITTEN, override.encode() if override else None)
    return text.decode()


def test_an_added_key_moves_with_the_comments_above_and_behind() -> None:
    edited = WRITTEN.decode().replace("  pc:\n", "    # for the web page\n    ports: ['8080:80']  # host\n  pc:\n")
    text = _adopted(edited)
    assert yaml.safe_load(text) == {"services": {"gw": {"ports": ["8080:80"]}}}
    assert "# for the web page" in text
    assert "# host" in text


def test_a_changed_value_moves_alone() -> None:
    text = _adopted(WRITTEN.decode().replace("image: netdsl/node\n    cap_add", "image: mine\n    cap_add"))
    assert yaml.safe_load(text) == {"services": {"gw": {"image": "mine"}}}


def test_a_list_that_grew_gives_its_new_members() -> None:
    text = _adopted(WRITTEN.decode().replace("[NET_ADMIN]", "[NET_ADMIN, NET_RAW]"))
    assert yaml.safe_load(text) == {"services": {"gw": {"cap_add": ["NET_RAW"]}}}


def test_a_list_that_lost_members_replaces() -> None:
    assert "cap_add: !override\n    - NET_RAW" in _adopted(WRITTEN.decode().replace("[NET_ADMIN]", "[NET_RAW]"))


def test_what_was_taken_away_is_reset() -> None:
    assert "cap_add: !reset null" in _adopted(WRITTEN.decode().replace("    cap_add: [NET_ADMIN]\n", ""))


def test_a_change_of_the_common_part_reaches_every_service() -> None:
    text = _adopted(WRITTEN.decode().replace("  cap_drop: [ALL]", "  cap_drop: [ALL]\n  tty: true"))
    assert yaml.safe_load(text)["services"] == {"gw": {"tty": True}, "pc": {"tty": True}}


def test_an_older_override_is_kept() -> None:
    before = "services:\n  gw:\n    tty: true  # mine\n"
    text = _adopted(WRITTEN.decode().replace("image: netdsl/node\n    cap_add", "image: mine\n    cap_add"), before)
    assert yaml.safe_load(text) == {"services": {"gw": {"tty": True, "image": "mine"}}}
    assert "# mine" in text


def test_a_lone_comment_is_not_lost() -> None:
    assert "# remember me" in _adopted(WRITTEN.decode() + "# remember me\n")


def test_what_is_no_yaml_is_told() -> None:
    with pytest.raises(CannotAdopt, match=r"compose\.yaml is no YAML"):
        _adopted("a: [")
