"""Screen Time Journey: a shop's customers, their devices and PINs, milestones, a leaderboard.

No code of a database is in here: the access patterns of the model are methods of a store, so the
same service runs on DynamoDB, PostgreSQL and MongoDB.
"""
