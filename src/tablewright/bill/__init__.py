"""Quantities times prices: the price book, lines that re-add exactly, capacity modes."""
