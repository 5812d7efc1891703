"""Rules of DynamoDB designs: one module of predicates beside each category's YAML."""
