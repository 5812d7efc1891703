"""What every package stands on: diagnostics, errors, quantities, packaged data."""
