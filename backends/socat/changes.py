"""What of this part changes in a running node: certificates and keys of servers with TLS, which are begun anew."""

CHANGES = {"credentials/serve/*": "services"}
