"""Three demonstrations: what the system says of what is known, of nothing, and of a leak."""
