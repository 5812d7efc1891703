"""The LLM proxy: sign-in, plans with quotas, a forwarded call, usage, App Store receipts.

No code of a database is in here: the access patterns of the model are methods of a store, so the
same service runs on DynamoDB, PostgreSQL and MongoDB.
"""
