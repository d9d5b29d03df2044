"""The engine that follows packets through a lab: one packet, node by node, as Linux takes it."""
