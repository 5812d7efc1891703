"""What is DynamoDB's own in planning: candidates, keys, merging, capacity modes, reasons."""
