"""How a DynamoDB design answers the reads of a model, in modules by kind of read."""
