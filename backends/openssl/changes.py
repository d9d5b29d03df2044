"""What of this part changes in a running node: what its services read of the credentials; each of them is begun anew."""

CHANGES = {"credentials/ocsp/*": "services"}
