"""The lab that is run with tunnels of all kinds: what each kind brings fits to the others, and holds on paper."""

from netdsl.pipeline.analysis import check_text
from tests.compiling import all_tunnels


def test_what_the_kinds_bring_has_no_error_in_one_lab() -> None:
    checked = check_text(all_tunnels().encode())
    assert [found.message for found in checked.diagnostics if found.is_error] == []
