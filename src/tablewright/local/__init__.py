"""An embedded, persistent, DynamoDB-compatible engine that meters every request."""
