"""Compare engines and deployment options on the same workload: prices, requirements, a choice.

In: a model, the evaluations of its designs and the price book. Out: values. What the options are
made of is data (`data/`); nothing here reaches an engine but through its evaluations.
"""
