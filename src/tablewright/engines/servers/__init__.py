"""What MongoDB and PostgreSQL share: routing, sizing, facts, fixes, rules."""
