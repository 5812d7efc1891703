"""PoaFix: providers near a client, requests, bookings, jobs, ratings, news as they happen, uploads.

No code of a database is in here: the access patterns of the model are methods of a store, so the
same service runs on MongoDB, PostgreSQL and DynamoDB.
"""
