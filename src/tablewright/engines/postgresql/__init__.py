"""PostgreSQL: rows, indexes, routes, and the service that holds a workload at the least cost."""
