"""Whatever changes the outside: desired minus observed, then apply."""
