"""Small services on the store: one for each reference application that has one."""
