"""What an engine of filters cannot do is an error at the rule, before anything is made."""

from collections.abc import Set

import pytest

from netdsl.diagnostics.core import Diagnostics
from netdsl.payload.filters import FilterFeature, check_filters
from netdsl.payload.part import filter_engine
from netdsl.pipeline.analysis import check
from tests.compiling import EXAMPLES

ALL = frozenset(FilterFeature)


def _found(lab: str, features: Set[FilterFeature]) -> list[str]:
    checked = check(EXAMPLES / lab / "lab.net").lab
    assert checked is not None
    diagnostics = Diagnostics()
    check_filters(checked, "plain", features, diagnostics)
    return [f"{one.rule.code} {one.message}" for one in diagnostics]


@pytest.mark.parametrize(
    ("lab", "feature", "first"),
    [
        ("dmz", FilterFeature.DESTINATION_NAT, "destination address translation"),
        ("dmz", FilterFeature.SOURCE_NAT, "source address translation"),
        ("dmz", FilterFeature.LOG, "`log`"),
        ("dmz", FilterFeature.REJECT, "`reject`"),
        ("dmz", FilterFeature.LIMIT, "`limit`"),
        ("host-to-host", FilterFeature.WHILE, "`while`"),
        ("site-to-site", FilterFeature.THROUGH, "`through`"),
    ],
)
def test_a_feature_that_the_engine_lacks_is_refused_where_it_is_used(
    lab: str, feature: FilterFeature, first: str
) -> None:
    found = _found(lab, ALL - {feature})
    assert found
    assert all(one.startswith("unsupported-by-target") and one.endswith(f"has no {first}") for one in found)


@pytest.mark.parametrize("lab", ["dmz", "host-to-host", "site-to-site"])
def test_nftables_has_them_all(lab: str) -> None:
    assert _found(lab, filter_engine().features) == []
