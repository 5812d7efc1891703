"""MongoDB: documents, indexes, routes, and the Atlas tier that holds a workload."""
