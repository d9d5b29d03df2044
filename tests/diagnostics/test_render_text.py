"""Findings as a person reads them: rustc's shape, and nothing of a source that a terminal would obey."""

from netdsl.diagnostics.catalogue import EMPTY_LAB, NO_ROUTE, UNKNOWN_NAME
from netdsl.diagnostics.core import Diagnostic, Label
from netdsl.diagnostics.render_text import count, render_text
from netdsl.source import Place, SourceFile, Span

LAB = SourceFile(
    "lab.net",
    """\
lab x
network lan 10.0.0.0/24
host a {
  interface on lna
  default via gw
}
template t { host b }
use t as one
use t as two
""",
)


def at(text: str, source: SourceFile = LAB) -> Span:
    start = source.text.index(text)
    return Span(source, start, start + len(text))


def finding(span: Span, label: str = "", **more: object) -> Diagnostic:
    related = more.get("related", ())
    help_text = more.get("help")
    via = more.get("via", ())
    assert isinstance(related, tuple)
    assert isinstance(via, tuple)
    assert help_text is None or isinstance(help_text, str)
    message = str(more.get("message", "no network `lna`"))
    return Diagnostic(UNKNOWN_NAME, message, Label(Place(span, via), label), related, help_text)


def shown(*found: Diagnostic, width: int = 80) -> str:
    return render_text(found, width=width)


def test_nothing_found_is_no_text() -> None:
    assert render_text([]) == ""


def test_a_finding_has_message_place_line_marks_help_and_a_count() -> None:
    one = finding(at("lna"), "not a network", help="did you mean `lan`?")
    assert shown(one) == (
        "error[unknown-name]: no network `lna`\n"
        " --> lab.net:4:16\n"
        "  |\n"
        "4 |   interface on lna\n"
        "  |                ^^^ not a network\n"
        "  |\n"
        "  = help: did you mean `lan`?\n"
        "\n"
        "1 error\n"
    )


def test_a_related_place_nearby_is_drawn_in_the_same_picture() -> None:
    one = finding(at("lna"), related=(Label(Place(at("network lan")), "there is `lan`"),))
    assert shown(one) == (
        "error[unknown-name]: no network `lna`\n"
        " --> lab.net:4:16\n"
        "  |\n"
        "2 | network lan 10.0.0.0/24\n"
        "  | ----------- there is `lan`\n"
        "3 | host a {\n"
        "4 |   interface on lna\n"
        "  |                ^^^\n"
        "\n"
        "1 error\n"
    )


def test_a_related_place_far_away_has_its_own_picture() -> None:
    one = finding(at("lna"), related=(Label(Place(at("use t as two")), "used here"),))
    assert shown(one) == (
        "error[unknown-name]: no network `lna`\n"
        " --> lab.net:4:16\n"
        "  |\n"
        "4 |   interface on lna\n"
        "  |                ^^^\n"
        " ::: lab.net:9:1\n"
        "  |\n"
        "9 | use t as two\n"
        "  | ------------ used here\n"
        "\n"
        "1 error\n"
    )


def test_the_use_that_brought_a_place_is_shown() -> None:
    one = finding(at("host b"), via=(at("use t as one"),), help="name it")
    assert shown(one) == (
        "error[unknown-name]: no network `lna`\n"
        " --> lab.net:7:14\n"
        "  |\n"
        "7 | template t { host b }\n"
        "  |              ^^^^^^\n"
        "  |\n"
        "  = note: in this use\n"
        " ::: lab.net:8:1\n"
        "  |\n"
        "8 | use t as one\n"
        "  | ------------\n"
        "  |\n"
        "  = help: name it\n"
        "\n"
        "1 error\n"
    )


def test_a_long_chain_of_uses_is_cut() -> None:
    text = shown(finding(at("host b"), via=(at("use t as one"),) * 9))
    assert text.count("in this use") == 5
    assert "= note: and 4 more around it" in text


def test_marks_on_one_line_have_a_row_each() -> None:
    one = finding(at("one"), "here", related=(Label(Place(at("use t as")), "and here"),))
    assert "8 | use t as one\n  | -------- and here\n  |          ^^^ here\n" in shown(one)


def test_a_stretch_over_lines_is_marked_on_each_and_a_long_one_at_its_ends() -> None:
    block = at("host a {\n  interface on lna\n  default via gw\n}")
    assert shown(finding(block, "this block")).splitlines()[3:11] == [
        "3 | host a {",
        "  | ^^^^^^^^ this block",
        "4 |   interface on lna",
        "  |   ^^^^^^^^^^^^^^^^",
        "5 |   default via gw",
        "  |   ^^^^^^^^^^^^^^",
        "6 | }",
        "  | ^",
    ]
    long = SourceFile("long.net", "host a {\n" + "  # line\n" * 20 + "}\n")
    assert shown(finding(Span(long, 7, len(long.text) - 1))).splitlines()[2:-2] == [
        "   |",
        " 1 | host a {",
        "   |        ^",
        "...",
        "22 | }",
        "   | ^",
    ]


def test_wide_characters_and_tabs_keep_the_marks_in_place() -> None:
    source = SourceFile("w.net", "\thost 网络 e\u0301 x # y\n")
    assert "1 |     host 网络 e\u0301 x # y\n  |                 ^\n" in shown(finding(at("x", source)))
    assert "  |          ----\n" in shown(finding(at("x", source), related=(Label(Place(at("网络", source))),)))


def test_the_end_of_a_file_and_an_empty_file_can_be_marked() -> None:
    end = Span(LAB, len(LAB.text), len(LAB.text))
    assert " --> lab.net:10:1\n   |\n10 |\n   | ^ here\n" in "\n" + shown(finding(end, "here"))
    empty = SourceFile("e.net", "")
    assert " --> e.net:1:1\n  |\n1 |\n  | ^\n" in shown(finding(Span(empty, 0, 0)))


def test_a_very_long_line_is_cut_around_its_mark() -> None:
    source = SourceFile("l.net", "# " + "a" * 500 + " here " + "b" * 500)
    for line in shown(finding(at("here", source)), width=60).splitlines():
        assert len(line) <= 60
    assert "1 | …" + "a" * 24 + " here " + "b" * 24 + "…\n" in shown(finding(at("here", source)), width=60)
    assert "  | " + " " * 26 + "^^^^\n" in shown(finding(at("here", source)), width=60)


def test_of_a_line_that_nearly_fits_as_much_is_shown_as_fits() -> None:
    source = SourceFile("l.net", "host " + "a" * 50 + " { memory 64M }")
    assert "1 | …" + "a" * 41 + " { memory 64M }\n" in shown(finding(at("64M", source)), width=61)
    assert "1 | host " + "a" * 50 + " …\n" in shown(finding(at("aaa", source)), width=61)


def test_what_is_too_long_for_the_terminal_is_wrapped_between_words() -> None:
    source = SourceFile("l.net", "host a\n")
    message, advice = "one two `three four` five six seven", "write `host NAME` and what else there is"
    long = finding(Span(source, 5, 6), "a b c d e f g h i j k l m n o p q r s", message=message, help=advice)
    assert shown(long, width=36) == (
        "error[unknown-name]: one two\n"
        "    `three four` five six seven\n"
        " --> l.net:1:6\n"
        "  |\n"
        "1 | host a\n"
        "  |      ^\n"
        "  |   a b c d e f g h i j k l m n o\n"
        "  |   p q r s\n"
        "  |\n"
        "  = help: write `host NAME` and what\n"
        "          else there is\n\n1 error\n"
    )


def test_of_more_than_twenty_equal_findings_the_first_are_drawn() -> None:
    source = SourceFile("l.net", "x\n" * 30)
    found = [
        Diagnostic(UNKNOWN_NAME, f"no host `h{n}`", Label(Place(Span(source, 2 * n, 2 * n + 1)))) for n in range(30)
    ]
    text = render_text(found, width=70)
    assert text.count("-->") == 3
    assert text.endswith(
        "error[unknown-name]: 27 more like these\n"
        "  = note: l.net:4:1, l.net:5:1, l.net:6:1, l.net:7:1, l.net:8:1,\n"
        "          l.net:9:1, l.net:10:1, l.net:11:1, l.net:12:1, l.net:13:1,\n"
        "          and 17 more\n\n30 errors\n"
    )
    assert render_text(found[:20], width=70).count("-->") == 20


def test_a_mark_longer_than_the_window_ends_with_it() -> None:
    source = SourceFile("l.net", "x" * 500)
    text = shown(finding(Span(source, 0, 500)), width=40)
    assert "^" * 35 in text
    assert max(map(len, text.splitlines())) <= 40


def test_nothing_in_a_source_or_its_name_reaches_the_terminal_as_a_command() -> None:
    nasty = "\x1b]0;title\x07\x1b[31m\x00\x7f\x85\x9b\r\u202e\u200b\u2028"
    source = SourceFile(f"{nasty}.net", f"{nasty}x{nasty}\n")
    one = finding(at("x", source), nasty, message=nasty, help=nasty, related=(Label(Place(at("x", source)), nasty),))
    text = shown(one)
    assert all(character.isprintable() or character == "\n" for character in text)
    assert "␛[31m␀␡\\u{85}\\u{9b}␍\\u{202e}\\u{200b}\\u{2028}" in text


def test_a_line_end_in_a_message_does_not_start_a_line() -> None:
    assert shown(finding(at("lna"), message="a\nb")).startswith("error[unknown-name]: a␊b\n")


def test_colour_adds_its_own_sequences_and_changes_nothing_else() -> None:
    one = finding(at("lna"), "\x1b[0m", help="h", related=(Label(Place(at("lab x")), "r"),))
    coloured = render_text([one], colour=True, width=80)
    assert coloured.startswith("\x1b[1;31merror[unknown-name]\x1b[0m")
    plain = coloured
    for number in ("0", "1", "1;31", "1;33", "1;34", "1;36"):
        plain = plain.replace(f"\x1b[{number}m", "")
    assert plain == shown(one)


def test_errors_and_warnings_are_counted() -> None:
    error = finding(at("lna"))
    warning = Diagnostic(NO_ROUTE, "m", Label(Place(at("lna"))))
    other = Diagnostic(EMPTY_LAB, "m", Label(Place(at("lna"))))
    assert count([error, warning, other]) == "2 errors, 1 warning"
    assert count([warning, warning]) == "2 warnings"
    assert count([]) == ""


def test_no_row_has_blanks_at_its_end() -> None:
    source = SourceFile("s.net", "x   \n   \n")
    text = shown(finding(Span(source, 0, len(source.text))))
    assert all(line == line.rstrip() for line in text.splitlines())


def test_lines_that_end_in_carriage_returns_look_like_others() -> None:
    source = SourceFile("c.net", "lab x\r\nhost y\r\n")
    assert "2 | host y\n  |      ^\n" in shown(finding(at("y", source)))
