"""nftables: the filter engine, a node's packet filter and address translation."""
