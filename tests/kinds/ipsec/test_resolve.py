"""IPsec in a source: who proves what, what children carry, proposals."""

import pytest

from netdsl.ir.tunnel import Mode
from netdsl.kinds.ipsec.bindings import bound_child, bound_tunnel
from netdsl.kinds.ipsec.ir import AuthMethod, DpdAction, DscpCopy, Handling
from tests.semantics.resolve.resolving import NODES, SITES, between, codes, only, resolved, said, tunnel


def hub(lines: str) -> str:
    return NODES + f"ipsec t {{ gateway gw\nclient b\n{lines}\n}}"


def test_nothing_protected_is_the_two_outer_addresses() -> None:
    ((child,),) = tunnel(resolved(between("auth psk")), "t").children_of.values()
    assert (child.name, [str(one) for one in child.left], [str(one) for one in child.right]) == (
        "t", ["192.0.2.1/32"], ["192.0.2.7/32"],
    )  # fmt: skip


def test_a_protected_network_is_all_its_prefixes_and_a_prefix_narrows() -> None:
    lab = resolved(SITES + "ipsec t { between l protecting left and r protecting 10.2.0.0/28 ; auth psk }")
    ((child,),) = tunnel(lab, "t").children_of.values()
    assert ([str(one) for one in child.left], [str(one) for one in child.right]) == (["10.1.0.0/24"], ["10.2.0.0/28"])


def test_a_child_has_its_own_terms_and_else_the_tunnels() -> None:
    lab = resolved(
        SITES + "ipsec t { between l and r ; auth psk ; start on traffic ; rekey esp 2h, 500MB\n"
        "child x { between left and right ; esp chacha20poly1305-x25519 ; start at boot by r }\n"
        "child y { between left and right ; only tcp/80 ; mode transport } }"
    )
    ((first, second),) = tunnel(lab, "t").children_of.values()
    inside = bound_child(first)
    assert (inside.proposals, first.start.when, first.start.by) == (("chacha20poly1305-x25519",), "at boot", ("r",))
    assert (inside.rekey_seconds, inside.rekey_bytes) == (7200, 500_000_000)
    assert (bound_child(second).proposals, second.start.when, second.mode) == (
        ("aes256gcm16-ecp384",),
        "on traffic",
        Mode.TRANSPORT,
    )
    assert [str(one) for one in second.only] == ["tcp/80"]


def test_a_child_takes_from_its_tunnel_what_it_does_not_say_of_its_packets() -> None:
    lab = resolved(
        SITES + "ipsec t { between l and r ; auth psk ; reauth 3h ; ipcomp yes ; copy-dscp in\n"
        "child x { between left and right ; copy-dscp both }\n"
        "child y { between left and right ; only tcp/80 ; ipcomp no } }"
    )
    one = tunnel(lab, "t")
    assert bound_tunnel(one).ike_reauth_seconds == 10800
    assert [bound_child(child).handling for child in one.children_of[one.ends[1].node]] == [
        Handling(True, DscpCopy.BOTH), Handling(False, DscpCopy.IN),
    ]  # fmt: skip


def test_clients_with_a_pool_have_virtual_addresses() -> None:
    lab = resolved(
        hub('pool 10.3.0.0/28 ; auth certificate for gw ; auth eap-mschapv2 for b ; secret "Ar3etTnp" for b')
    )
    one = tunnel(lab, "t")
    assert [end.role for end in one.ends] == ["gateway", "client"]
    assert [child.right for child in one.children_of[one.ends[1].node]] == [()]
    assert [(auth.method, auth.secret) for auth in bound_tunnel(one).auth.values()] == [
        (AuthMethod.CERTIFICATE, None), (AuthMethod.EAP_MSCHAPV2, "Ar3etTnp"),
    ]  # fmt: skip


def test_an_end_proves_itself_in_several_rounds() -> None:
    lab = resolved(hub('auth certificate for gw ; auth psk and eap-md5 "Ar3etTnp" for b ; identity bob for b'))
    (client,) = [auth for node, auth in bound_tunnel(tunnel(lab, "t")).auth.items() if node == "b"]
    assert [(one.method, one.secret, one.identity) for one in client.rounds] == [
        (AuthMethod.PSK, None, "bob"), (AuthMethod.EAP_MD5, "Ar3etTnp", "bob"),
    ]  # fmt: skip
    lab = resolved(hub("auth certificate for gw ; auth certificate and eap-ttls for b"))
    assert {*tunnel(lab, "t").certificates} == {"gw", "b"}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("auth psk for gw ; auth eap-tls for b", "auth-mismatch"),
        ("auth psk for gw ; auth eap-ttls for b", "auth-mismatch"),
        ("auth pubkey for gw ; auth psk and eap-ttls for b", "auth-mismatch"),
        ("auth certificate for gw ; auth certificate and eap-tls for b", "auth-mismatch"),
        ("auth certificate for gw ; auth eap-md5 and eap-mschapv2 for b", "auth-mismatch"),
        ("auth certificate and certificate", "auth-mismatch"),
        ("auth certificate for gw ; auth eap-peap for b", "auth-mismatch"),
        ("auth certificate and eap-md5 for gw ; auth psk for b", "auth-mismatch"),
        ('auth certificate for gw ; auth psk and eap-md5 for b ; secret "long-enough" for b', "secret-missing"),
    ],
)
def test_a_proof_that_an_end_cannot_give(line: str, code: str) -> None:
    assert codes(hub(line)) == [code]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("radius a ; auth certificate for gw ; auth eap-md5 for b", "`a` serves no `radius`"),
        ("radius b ; auth certificate for gw ; auth eap-md5 for b", "`b` is an end of the tunnel itself"),
        ("radius r ; auth psk", "no client of `t` authenticates by EAP"),
        (
            "radius r ; auth certificate for gw ; auth eap-tls for b",
            "the server does not know `eap-tls`, which `b` has",
        ),
    ],
)
def test_a_server_that_a_gateway_cannot_ask(line: str, message: str) -> None:
    one = only(hub(line) + "\nhost r { interface on lan ; serve radius }\n")
    assert (one.rule.code, one.message) == ("auth-mismatch", message)


def test_only_a_gateway_asks_a_server() -> None:
    one = only(between("auth psk ; radius r") + "\nhost r { interface on lan ; serve radius }\n")
    assert one.message == "`radius` is for a gateway, this tunnel has none"


def test_a_secret_for_one_end_is_what_that_end_holds() -> None:
    auths = bound_tunnel(tunnel(resolved(between('auth psk ; secret "guess-me" for b')), "t")).auth
    assert [auth.secret for auth in auths.values()] == [None, "guess-me"]


def test_what_is_not_said_has_a_default() -> None:
    one = tunnel(resolved(between("auth certificate")), "t")
    inside = bound_tunnel(one)
    assert inside.ike_proposals == ("aes256gcm16-prfsha384-ecp384",)
    assert (inside.dpd_seconds, inside.dpd_action, inside.mobike, one.family) == (30, DpdAction.RESTART, False, 4)
    on_traffic = tunnel(resolved(between("auth psk ; start on traffic")), "t")
    assert bound_tunnel(on_traffic).dpd_action is DpdAction.TRAP


def test_certificates_come_from_the_nearest_pki_or_the_built_in_one() -> None:
    lab = resolved(between("auth certificate"))
    (pki,) = lab.pkis.values()
    assert (pki.id, pki.subject, pki.place) == ("default", (("O", "x"), ("CN", "$address")), None)
    lab = resolved('pki p { subject "C=FI, O=Lab, CN=$address" ; intermediate no }\n' + between("auth certificate"))
    assert [one.pki for one in tunnel(lab, "t").certificates.values()] == ["p", "p"]
    (pki,) = lab.pkis.values()
    assert (pki.subject[0], pki.has_intermediate) == (("C", "FI"), False)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("", "missing-statement"),
        ("auth psk for gw", "missing-statement"),
        ("auth psk ; auth certificate", "repeated-statement"),
        ("auth eap-tls", "auth-mismatch"),
        ('auth certificate "x"', "auth-mismatch"),
        ("auth certificate from nobody", "unknown-name"),
        ("auth psk for a, gw, b", "wrong-element"),
        ('auth psk ""', "secret-missing"),
        ('auth certificate ; secret "x"', "secret-missing"),
        ('auth pubkey ; secret "x"', "secret-missing"),
        ("auth psk ; dpd 30s hold", "foreign-word"),
        ("auth psk ; dpd 30s trap ; dpd 30s trap", "repeated-statement"),
        ("auth psk ; mobike true", "foreign-word"),
        ("auth psk ; copy-dscp yes", "foreign-word"),
        ("auth psk ; ipcomp deflate", "wrong-kind"),
        ("auth psk ; reauth 500MB", "wrong-kind"),
        ("auth psk ; child c { reauth 3h }", "misplaced-statement"),
        ("auth psk ; mode beet", "wrong-kind"),
        ("auth psk ; rekey ike 500MB", "wrong-kind"),
        ("auth psk ; rekey ike 1h ; rekey ike 2h", "repeated-statement"),
        ("auth psk ; start at boot by a", "wrong-element"),
        ("auth psk ; over ipv6", "tunnel-ends-do-not-meet"),
        ("auth psk ; esp aes256gcm16 ; ah sha256", "repeated-statement"),
        ("auth psk ; client a", "misplaced-statement"),
        ("auth psk ; child c { ike aes256gcm16-prfsha384-ecp384 }", "misplaced-statement"),
        ("auth psk ; child c { start by hand } ; child c { start by hand }", "duplicate-name"),
    ],
)
def test_a_line_that_is_wrong(line: str, code: str) -> None:
    assert codes(between(line)) == [code]


def test_a_gateway_does_not_prove_itself_by_eap() -> None:
    assert said(hub("auth eap-mschapv2"))[::3] == (
        "auth-mismatch", "`auth certificate for gw`, and `auth eap-mschapv2 for` the clients",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("proposal", "message"),
    [
        ("ike aes256gcm16-prfsha384", "a proposal for `ike` needs a key exchange"),
        ("ike aes256gcm16-sha384-ecp384", "a cipher with integrity of its own takes no integrity algorithm"),
        ("ike aes256-sha256-dh14", "no algorithm is called `dh14`"),
        ("ike aes256-aesxcbc-x25519", "strongSwan in nodes has no `aesxcbc` for `ike`"),
        ("esp camellia128ccm16", "no algorithm is called `camellia128ccm16`"),
        ("ike aes256gcm16-ecp384", "a proposal for `ike` without integrity algorithm needs a pseudo-random function"),
        ("esp aes256-ecp384", "an integrity algorithm is missing"),
        ("esp sha256", "a proposal for `esp` needs an encryption algorithm"),
        ("esp aes256gcm16-ke1_x25519", "a further key exchange follows a first one"),
        ("ike aes256gcm16-prfsha384-ke1_x25519", "a proposal for `ike` needs a key exchange"),
        ("ike aes256gcm16-prfsha384-x25519-ke1_mlkem768", "strongSwan as Debian builds it has no `ke1_mlkem768`"),
        ("ike aes256gcm16-prfsha384-mlkem1024", "strongSwan as Debian builds it has no `mlkem1024`"),
        (
            "ike aes256gcm16-prfsha384-ecp384-ke1_x25519-ke2_x25519",
            "`x25519` is exchanged twice, each key exchange of a proposal is another one",
        ),
        (
            "esp aes256gcm16-ecp384-ke1_ecp384",
            "`ecp384` is exchanged twice, each key exchange of a proposal is another one",
        ),
        ("esp aes256gcm16-prfsha384", "`esp` has no pseudo-random function"),
        ("ah aes256-sha256", "`ah` does not encrypt, so it has no encryption algorithm"),
    ],
)
def test_an_impossible_proposal(proposal: str, message: str) -> None:
    one = only(between(f"auth psk ; {proposal}"))
    assert (one.rule.code, one.message) == ("unknown-proposal", message)


@pytest.mark.parametrize(
    "proposal",
    [
        "esp aes128-sha256",
        "esp aes256gcm16-ecp384-esn",
        "ah sha256-ecp256",
        "ike aes256-sha256-modp2048",
        "ike aes256gcm16-prfsha384-ecp384-ke1_x25519-ke2_modp3072",
        "esp aes256gcm16-x25519-ke1_ecp384-esn",
    ],
)
def test_a_proposal_that_is_right(proposal: str) -> None:
    assert resolved(between(f"auth psk ; {proposal}"))


def test_two_authorities_need_a_choice() -> None:
    one = only("pki p { crl yes }\npki q { crl yes }\n" + between("auth certificate"))
    assert (one.rule.code, one.help) == ("auth-mismatch", "say which: `from p` or `from q`")


@pytest.mark.parametrize(
    ("line", "code", "marked"),
    [
        ("between left and right and left", "wrong-arity", "left"),
        ("between left protecting left and right", "misplaced-statement", "between left protecting left and right"),
    ],
)
def test_a_child_is_between_networks_of_two_ends(line: str, code: str, marked: str) -> None:
    one = only(SITES + f"ipsec t {{ between l and r ; auth psk ; child x {{ {line} }} }}")
    assert (one.rule.code, one.primary.place.span.text) == (code, marked)
