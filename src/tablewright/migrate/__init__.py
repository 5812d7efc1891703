"""Moving data between designs: the transform, what goes wrong, whether it arrived. Pure."""
