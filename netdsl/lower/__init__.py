"""From the checked lab, in the words of the source, to the closed one: every address, MAC address and route decided."""
