"""strongSwan: the payload part that makes a node an end of IPsec tunnels."""
