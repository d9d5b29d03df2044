"""The payload's digest: of what nodes are inside, not of keys, targets or output folders."""

import secrets
from dataclasses import replace
from pathlib import Path

from netdsl.credentials.make import credentials
from netdsl.ir.lab import Lab
from netdsl.payload.digest import payload_digest
from netdsl.payload.part import parts
from netdsl.payload.render import payload
from netdsl.pipeline.analysis import check
from netdsl.pipeline.compilation import keyless_payload
from tests.compiling import EXAMPLES, NOON, lab_of


def _site_to_site() -> Lab:
    lab = check(EXAMPLES / "site-to-site" / "lab.net").lab
    assert lab is not None
    return lab


def test_whose_keys_they_are_does_not_matter(tmp_path: Path) -> None:
    lab = _site_to_site()
    found = set()
    for store in ("one", "other"):
        made = credentials(lab, tmp_path / store, clock=lambda: NOON, entropy=secrets.token_bytes)
        found.add(payload_digest(payload(lab, made, parts())))
    assert found == {payload_digest(keyless_payload(lab))}


def test_an_address_makes_another_digest() -> None:
    text = "lab tiny\nnetwork lan 10.0.0.0/24\nhost a { interface on lan .1 }\nhost b { interface on lan .2 }\n"
    one, other = (
        payload_digest(keyless_payload(lab_of(text))),
        payload_digest(keyless_payload(lab_of(text.replace(".2 }", ".3 }")))),
    )
    assert one != other


def test_comments_make_none() -> None:
    text = "lab tiny\nnetwork lan 10.0.0.0/24\nhost a { interface on lan .1 }\n"
    assert payload_digest(keyless_payload(lab_of(text))) == payload_digest(keyless_payload(lab_of(f"# seen\n\n{text}")))


def test_files_and_modes_and_packages_are_in_it() -> None:
    inside = keyless_payload(_site_to_site())
    first = inside.shared[0]
    node, what = next(iter(inside.nodes.items()))
    more = replace(what, needs=replace(what.needs, packages=(*what.needs.packages, "curl")))
    changed = (
        replace(inside, shared=(replace(first, mode=0o600), *inside.shared[1:])),
        replace(inside, shared=(replace(first, content=first.content + b"#"), *inside.shared[1:])),
        replace(inside, nodes={**inside.nodes, node: more}),
    )
    assert len({payload_digest(one) for one in (inside, *changed)}) == 4
