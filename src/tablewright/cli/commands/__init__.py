"""One module for each verb, named like it; `command` in it is the click command. No logic here."""
