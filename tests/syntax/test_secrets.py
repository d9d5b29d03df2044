"""What of a source is a secret, and is not shown."""

import pytest

from netdsl.syntax.secrets import source_of


def _shown(text: str) -> str:
    source = source_of("lab.net", text)
    return "\n".join(source.line(number + 1) for number in range(text.count("\n") + 1))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('  auth psk "hunter2"', '  auth psk "*******"'),
        ('ipsec t { auth psk "a;{b}#c" ; start at boot }', 'ipsec t { auth psk "*******" ; start at boot }'),
        (r'secret "a\"b\\" for x # "kept"', r'secret "******" for x # "****"'),
        ('auth psk "one" and eap-md5 "two"\n  and psk "three" for a',
         'auth psk "***" and eap-md5 "***"\n  and psk "*****" for a'),
        ('secret "one" for a,\n  b\nlab x "title"', 'secret "***" for a,\n  b\nlab x "title"'),
        ('auth psk "not ended', 'auth psk "*********'),
        ('let key = "hunter2", other = "seen"\nauth psk key', 'let key = "*******", other = "seen"\nauth psk key'),
        ('param key = "a" in "a", "b"\nauth psk "x-$key"', 'param key = "*" in "a", "b"\nauth psk "******"'),
        ('use site (key: "one", name: "two")\ntemplate site (key) { ipsec t { auth psk key } }',
         'use site (key: "***", name: "two")\ntemplate site (key) { ipsec t { auth psk key } }'),
        ('author "seen" ; run "auth psk"', 'author "seen" ; run "auth psk"'),
        ('host a { run "x" }\nauth certificate from keys', 'host a { run "x" }\nauth certificate from keys'),
    ],
)  # fmt: skip
def test_secrets_are_not_shown_and_columns_stay(text: str, shown: str) -> None:
    assert _shown(text) == shown
    assert len(shown) == len(text)
