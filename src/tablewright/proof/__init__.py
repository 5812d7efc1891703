"""Predicted beside metered: the workload is run, checked against an oracle and metered."""
