"""An HTTP data API for any model: one route for each access pattern, on a store.

In: a store, settings. Out: an ASGI application for uvicorn, a container, or AWS Lambda. It needs
`tablewright[serve]`. What a pattern takes and returns is the store's business.
"""
