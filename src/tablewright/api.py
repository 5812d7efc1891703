"""The façade: one function per verb; all that the command line may call."""
