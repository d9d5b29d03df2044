"""What is said of a mistake."""

import pytest

from netdsl.syntax.build import builder
from netdsl.syntax.grammar import file_parser
from netdsl.syntax.vocabulary import Vocabulary
from tests.syntax.reading import places, said

UNSEEN = "delete it: it cannot be seen"


def test_every_terminal_of_the_grammar_has_a_word_of_ours() -> None:
    lark = file_parser(builder())
    vocabulary = Vocabulary(lark.terminals, [])
    assert [terminal.name for terminal in lark.terminals if not vocabulary.is_known(terminal.name)] == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("frewall { policy drop }", "no statement begins with `frewall` | did you mean `firewall`?"),
        ("gre site { }", "no statement begins with `gre` | `tunnel NAME gre { … }`"),
        ("tunnel gre site { }", "expected `gre`, `ipip` or `vxlan`, found `site` | `tunnel site gre { … }`"),
        ("routr gw { }", "no statement begins with `routr` | did you mean `router`?"),
        ("Router gw { }", "no statement begins with `Router` | did you mean `router`?"),
        ("florble", "no statement begins with `florble`"),
        ("allow input tcp/80", "`allow` is not a word of this language | write `accept`"),
        ("deny input", "`deny` is not a word of this language | write `drop`"),
        ("subnet 10.0.0.0/8", "`subnet` is not a word of this language | write `network NAME PREFIX`"),
        ("nameserver 1.1.1.1", "`nameserver` is not a word of this language | write `resolver NODE`"),
        (
            "publish 8080",
            "`publish` is not a word of this language | "
            "write `serve KIND tcp/PORT`; a lab publishes nothing to the machine it runs on",
        ),
        (
            "host a { gateway 10.0.0.1 }",
            "`gateway` is a tunnel's end; a node has a default route | `default via 10.0.0.1`",
        ),
        ("serve http tcp:80", "a port behind a colon | a service is `tcp/80`"),
        ("accept input tcp:80", "a port behind a colon | a service is `tcp/80`"),
        (
            "accept input from 10.0.0.1:80",
            "a port behind a colon | an address and a service are two words: `10.0.0.1 tcp/80`",
        ),
        ('interface on lan "10.0.0.1"', "a string where an address or a name stands | without quotes: `10.0.0.1`"),
        ("accept tcp/22", "a chain stands after `accept` | `accept input tcp/22`, or `output`, or `forward`"),
        (
            "accept inptu tcp/22",
            "expected `forward`, `input`, `output` or `tunnel`, found `inptu` | did you mean `input`?",
        ),
        ("pc (n = 3)", "no statement begins with `pc` | `use pc (…)`"),
        (
            "interface eth0 lan .10",
            "expected `,`, `{` or the end of the line, found `.10` | "
            "`interface eth0 on lan .10`: the network stands after `on`",
        ),
        (
            "ike 3des-sha1-modp1024",
            "expected a value, found `3des-sha1-modp1024` | "
            'a proposal that begins with a digit stands in quotes: `"3des-sha1-modp1024"`',
        ),
        (
            "identity carol@example.org for carol",
            "expected `for` or `of`, found `@example.org` | "
            '`identity "ID" for NODE`: an identity with `@`, `=` or blanks stands in quotes',
        ),
        ("accept input limit 10/x", "expected a value, found `10/x` | a limit is `10/s`, `10/min` or `10/h`"),
        ("default gw", "expected `via`, found `gw` | `default via NODE`"),
        ("default r1", "expected `via`, found `r1` | `default via r1`"),
        ("default drop", "expected `via`, found `drop` | `policy drop`"),
        ("route 10.0.0.0/8 gw", "expected `,` or `via`, found `gw` | `route PREFIX via NODE`"),
        (
            "policy deny",
            "expected `accept`, `drop`, `forward`, `input`, `output` or `reject`, found `deny` | `policy drop`",
        ),
        (
            "accept input tcp 80 from a",
            "`80` does not belong in a line of `accept` | a service is one word: `tcp/80`",
        ),
        (
            "accept input port 80",
            "`80` does not belong in a line of `accept` | a port has its protocol: `tcp/80`",
        ),
        ("accept forward tcp/80 src a", "`src` does not belong in a line of `accept` | the word here is `from`"),
        ("accept forward via vpn", "`vpn` does not belong in a line of `accept` | the word here is `through`"),
        (
            "network a 10.1.0.0 255.255.0.0",
            "expected `,`, `{` or the end of the line, found `255.255.0.0` | "
            "a prefix has its length behind a slash: `10.1.0.0/16`",
        ),
        (
            "network a = 10.1.0.0/16",
            "expected a value, `{` or the end of the line, found `=` | "
            "the prefix follows the name: `network NAME PREFIX`",
        ),
        ("for i in 1-3 { }", "expected `,` or `{`, found `-3` | a range is `1..3`, both ends included"),
        ("for i in 1,\n-x { }", "expected a value, found `-x`"),
        ("for i in 1..n { }", "expected a value, found `1..n` | a value is written with `$`: `1..$n`"),
        ("use pc (3)", "expected a name, `)` or the end of the line, found `3` | arguments are named: `(NAME = 3)`"),
        ("serve http on tcp/80", "expected a value, `{` or the end of the line, found `on` | `serve http tcp/PORT`"),
        (
            "expect { a reaches b points 1 points 2 }",
            "expected the end of the line, found `points` | "
            "`A reaches B points 3`: a whole number from 1, once, last in the line",
        ),
        (
            "expect { points 3 }",
            "`3` is no verb of an expectation | `A reaches B points 3`: a whole number from 1, once, last in the line",
        ),
        (
            "expect points 1 points 2 { }",
            "expected `{`, found `points` | `points NUMBER` stands once, last before the `{`",
        ),
        (
            "host a { points 3 }",
            "no statement begins with `points` | "
            "`A reaches B points 3` in an `expect` block, or `expect points 3 { … }`",
        ),
        (
            "expect { a reaches b http, https }",
            "expected `answered`, `points`, `through`, `without` or the end of the line, found `,` | "
            "one service here; `service NAME = …` makes one of several",
        ),
        ("default vai gw", "expected `via`, found `vai` | did you mean `via`?"),
        (
            "network a 10.0.0.0/8 mtu 1400",
            "expected `,`, `{` or the end of the line, found `mtu` | "
            "`mtu` begins a statement of its own: on a new line, after `;`, or in the block",
        ),
        ("network a 10.0.0.0/8,\nhost b", "this comma makes the next line part of the list"),
        ("run echo", 'expected a string, found `echo` | a string stands in quotes: `"echo"`'),
        ("let x 5", "expected `=`, found `5` | `let x = 5`"),
        ("let x =", "a value expected after `=`"),
        ("let x = # later", "a value expected after `=`"),
        ("start at bot", "expected `at boot`, `by hand` or `on traffic`, found `at`"),
        ("if $x = 3 { }", "`=` in a condition | `==` compares"),
        ("use t (a = 1\n  b = 2)", "`,` or `)` expected after `1`"),
        ("expect { a reachs b }", "`reachs` is no verb of an expectation | did you mean `reach`?"),
        ("a reaches b", "an expectation outside an `expect` block | `expect { … }` takes this line"),
        (
            "expect { router x }",
            "`router` does not belong in an `expect` block | "
            "an `expect` block holds expectations: `A reaches B`, `T is up` …",
        ),
        (
            "if $x { }\nelse { }",
            "`else` begins a line | `else` stands on the line of the closing brace of its `if`: `} else {`",
        ),
        ("host a\n{\n}", "`{` on a line of its own | a block opens on the line of its statement"),
        ("nat\n{\n}", "`{` on a line of its own | a block opens on the line of its statement"),
        ("for i in 1..3\n  host h$i\n}", "`,` or `{` expected after `1..3`"),
        ("// comment", "`//` begins no comment | comments begin with `#`"),
        (
            "lab x “title”",
            '`“` (U+201C left double quotation mark) is a typographic quote | strings are written `"…"`',
        ),
        ("lab\u00a0x", "U+00A0 no-break space outside a string | blanks and tabs separate words"),
        ("lab x\u202e", f"U+202E right-to-left override in the text | {UNSEEN}"),
        ("# \u2066 in a comment", f"U+2066 left-to-right isolate in the text | {UNSEEN}"),
        ('lab x "a\u200bb"', f"U+200B zero width space in the text | {UNSEEN}"),
        ("lab x\0", f"U+0000 null in the text | {UNSEEN}"),
        ('lab x "title', "this string is not closed on its line"),
        (
            r'lab x "a\q"',
            "`\\q` is no escape in a string | "
            '`\\"`, `\\\\`, `\\n`, `\\t` and `\\$` are; a backslash itself is written `\\\\`',
        ),
        ("let x = ${1 + }", "the expression is not complete"),
        ("let x = ${}", "an expression is missing between the braces"),
        ("let x = ${1 2}", "`2` does not belong here in an expression"),
        ("let x = ${f(1)\nlet y = 2", "`${` is not closed on its line"),
        ("}", "`}` closes nothing"),
        ("host a {\n  mtu 1\n", "this block is never closed"),
    ],
)
def test_a_mistake_is_told_once_and_in_the_users_words(text: str, message: str) -> None:
    assert said(text) == [message]


def test_a_missing_word_is_missed_behind_the_last_one() -> None:
    assert places("default via   # nobody") == ["1:12 syntax-error"]
    assert places("between a and\n") == ["1:14 syntax-error"]


def test_the_codes_tell_what_kind_of_mistake_it_is() -> None:
    assert places("frewall { }") == ["1:1 unknown-statement"]
    assert places("  allow input") == ["1:3 foreign-word"]
    assert places('lab x "y') == ["1:7 unclosed-string"]
    assert places("host a {") == ["1:8 unclosed-block"]
    assert places("lab \u202ex") == ["1:5 forbidden-character"]
    assert places("expect { interface on x }") == ["1:10 misplaced-statement"]


def test_the_block_that_is_not_closed_is_found_by_its_indentation() -> None:
    text = "router a {\n  firewall {\n    policy drop\n}\nrouter b {\n  mtu 1\n}\n"
    assert places(text) == ["2:12 unclosed-block"]
