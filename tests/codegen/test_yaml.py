"""What the YAML writer prints is read back as the same data by YAML 1.1 and 1.2."""

from io import StringIO

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from netdsl.codegen.yaml import Anchor, Data, dump

_SCALARS = (
    st.text()
    | st.integers(-(2**40), 2**40)
    | st.booleans()
    | st.none()
    | st.sampled_from(
        [
            "yes",
            "No",
            "~",
            "1.0",
            "0x1f",
            "012",
            "1e3",
            "- a",
            "a: b",
            "#x",
            "12:30:00",
            "2020-01-01",
            "=",
            "<<",
            "\x85",
            "\u2028",
        ]
    )
)
_KEYS = st.text(min_size=1).filter(lambda key: key != "<<")
_DATA: st.SearchStrategy[Data] = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4), max_leaves=12
)


@settings(deadline=None)
@given(st.dictionaries(_KEYS, _DATA, min_size=1, max_size=5))
def test_two_libraries_read_the_same_data(data: dict[str, Data]) -> None:
    text = dump(data)
    assert yaml.safe_load(text) == data
    assert YAML(typ="safe", pure=True).load(StringIO(text)) == data


def test_an_anchor_is_written_once_and_merged() -> None:
    common = Anchor("node", {"a": 1})
    text = dump({"x-node": common, "services": {"one": {"<<": common, "b": 2}, "two": {"<<": common}}})
    assert text == "x-node: &node\n  a: 1\nservices:\n  one:\n    <<: *node\n    b: 2\n  two:\n    <<: *node\n"
    assert yaml.safe_load(text)["services"]["one"] == {"a": 1, "b": 2}
