"""Rules of designs on servers: predicates beside their YAML."""
