"""What of this part changes in a running node: no credentials, which its daemon reads when it starts."""

CHANGES = {"credentials/*": ""}
