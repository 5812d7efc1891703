"""Exports: what a database stores as files in an open format, and those files back into one."""
