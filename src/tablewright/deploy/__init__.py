"""Infrastructure as code: a neutral tree of resources, and one renderer for each format. Pure."""
