"""What of this part changes in a running node: the filter, in one transaction of the kernel's."""

CHANGES = {"node/filter.nft": "packet filter", "node/while/*": "packet filter"}
