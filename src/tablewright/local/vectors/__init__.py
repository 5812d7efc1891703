"""Vector indexes: their definitions, what writes do to them, and the search for near vectors.

Written from the API reference and the developer guide's pages on vector indexes (August to
November 2026), and from what the public conformance suites recorded on AWS. Searches are exact by
default; where the service's approximate search may miss a vector, this one does not.
"""
