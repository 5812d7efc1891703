"""One module for each verb: inputs to one frozen value.

Command line, console, data API and the MCP server call these and nothing below them. A verb prints
nothing and formats nothing: `reports` puts its value into words.
"""
