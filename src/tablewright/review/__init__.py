"""The report card: rules as data joined to predicates, findings, grades, scale advisory."""
