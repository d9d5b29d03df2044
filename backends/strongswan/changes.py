"""What of this part changes in a running node, by `swanctl`: tunnels, and what their ends prove who they are by."""

CHANGES = {
    "node/swanctl.conf": "tunnels",
    "node/esp-probe.batch": "tunnels",
    "node/backups.tsv": "tunnels",
    **{
        f"credentials/{name}": "credentials"
        for name in ("x509/*", "x509ca/*", "x509crl/*", "private/*", "pubkey/*", "secrets.conf")
    },
}
