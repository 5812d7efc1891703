"""What the middle of the house speaks: routes, evaluations, quotations, the engine protocol."""
