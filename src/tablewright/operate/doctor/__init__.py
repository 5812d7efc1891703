"""Doctor: what is wrong with a database as it runs, and the rates that were observed."""
