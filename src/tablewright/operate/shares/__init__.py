"""A migration divided into shares, so that many machines work on it."""
