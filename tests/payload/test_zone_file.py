"""Zone files: every record whole, every text as the format has it."""

from ipaddress import ip_address

from netdsl.ir.dns import AddressRecord, Alias, Delegation, Mail, Pointer, Text, Zone
from netdsl.payload.zone_file import hints_file, name, string, zone_file


def test_a_zone_has_its_servers_its_records_and_those_of_zones_inside() -> None:
    zone = Zone(
        "corp.example",
        ("ns.corp.example",),
        (
            AddressRecord("corp.example", (ip_address("10.0.0.1"),)),
            AddressRecord("ns.corp.example", (ip_address("10.0.0.2"), ip_address("fc00::2"))),
            AddressRecord("ns.lab.corp.example", (ip_address("10.0.0.3"),)),
        ),
        (Alias("web.corp.example", "www.example"),),
        (Mail("corp.example", 10, "mx.corp.example"),),
        (Text("corp.example", 'say "hi"'),),
        (Pointer("1.corp.example", "www.example"),),
        (Delegation("lab.corp.example", ("ns.lab.corp.example",)),),
    )
    assert zone_file(zone) == (
        "corp.example. 0 IN SOA ns.corp.example. hostmaster.corp.example. 1 3600 600 86400 0\n"
        "corp.example. 0 IN NS ns.corp.example.\n"
        "lab.corp.example. 0 IN NS ns.lab.corp.example.\n"
        "corp.example. 0 IN A 10.0.0.1\n"
        "ns.corp.example. 0 IN A 10.0.0.2\n"
        "ns.corp.example. 0 IN AAAA fc00::2\n"
        "ns.lab.corp.example. 0 IN A 10.0.0.3\n"
        "web.corp.example. 0 IN CNAME www.example.\n"
        "corp.example. 0 IN MX 10 mx.corp.example.\n"
        "1.corp.example. 0 IN PTR www.example.\n"
        'corp.example. 0 IN TXT "say \\034hi\\034"\n'
    )


def test_the_root_is_a_dot() -> None:
    root = AddressRecord("a", (ip_address("10.0.0.1"),))
    assert zone_file(Zone("", ("a",), (root,))).splitlines() == [
        ". 0 IN SOA a. hostmaster. 1 3600 600 86400 0",
        ". 0 IN NS a.",
        "a. 0 IN A 10.0.0.1",
    ]
    assert hints_file((root,)) == ". 0 IN NS a.\na. 0 IN A 10.0.0.1\n"


def test_a_name_has_no_character_that_means_something_to_the_format() -> None:
    assert name("a_b-1.example") == "a_b-1.example."
    assert name('a;b" $@\n') == "a\\059b\\034\\032\\036\\064\\010."


def test_a_text_is_cut_into_strings_of_255_bytes() -> None:
    assert string('a;"\\\n é') == '"a;\\034\\092\\010 \\195\\169"'
    assert string("") == '""'
    assert string("x" * 300) == f'"{"x" * 255}" "{"x" * 45}"'
