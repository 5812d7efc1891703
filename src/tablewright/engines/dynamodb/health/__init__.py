"""The health of DynamoDB tables: metrics of CloudWatch, and what is wrong with what exists."""
