"""Random edits of a lab that runs: after each `up` engine and nodes are as a fresh `up` of the same source makes them."""
