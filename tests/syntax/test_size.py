"""A thousand nodes; how fast they are read is the benchmark's to say."""

from tests.syntax.reading import read


def thousand_nodes() -> str:
    """500 routers with a network, a route and a firewall each, and 500 hosts behind them: about 140 kB."""
    lines = ['lab big "A thousand nodes"', "network core 10.0.0.0/8"]
    for number in range(500):
        block, row = divmod(number, 250)
        lines += [
            f"network lan-{number} 172.{16 + block}.{row}.0/24",
            f"router r-{number} {{",
            f"  interface core on core .{block}.{row + 1}.1",
            f"  interface lan on lan-{number} .1",
            "  route 172.16.0.0/12 via 10.0.0.1",
            "  firewall {",
            "    policy drop",
            f"    accept forward tcp/80 from lan-{number} to core",
            "  }",
            "}",
            f"host h-{number} {{ interface on lan-{number} .2 ; default via r-{number} }}",
        ]
    return "\n".join(lines) + "\n"


def test_a_source_of_a_thousand_nodes_is_read_whole() -> None:
    document, found = read(thousand_nodes())
    assert found == []
    assert len(document.statements) == 1502
