"""What of this part changes in a running node, by `wg` and `ip`: tunnels and their keys."""

CHANGES = {
    "node/wireguard.tsv": "tunnels",
    "node/wireguard-peers.tsv": "tunnels",
    "credentials/wireguard/*": "keys of tunnels",
}
