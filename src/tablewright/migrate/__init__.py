"""Moving data from one design to another: what it takes, what goes wrong, whether it arrived. Pure."""
