"""One file per category of rules, one short function per rule."""
