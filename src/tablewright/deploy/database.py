"""How programs and people reach a deployed database: what its engine tells a deployment of it.

In: nothing. Out: `DatabaseAccess`. Each engine has one, so that `deploy` need not ask which it is.
"""

from __future__ import annotations

from tablewright.core.frozen import frozen


@frozen
class DatabaseAccess:
    """How a database is reached; in commands `ADDRESS` and `FILE` stand for what they say."""

    where: str = ""
    """Options by which our own commands name it; an address comes from the environment."""
    variable: str = ""
    """The environment variable of that address; "" where a role of the account is enough."""
    gateway: str = ""
    """The service of AWS that a network reaches by a gateway endpoint, free of charge."""
    names_environments: bool = False
    """Whether environments share an account, their tables told apart by their names."""
    migration: str = ""
    """The file that creates tables or collections; "" where the stack itself does."""
    runner: str = ""
    """The command that runs that file."""
    placeholder: str = ""
    """What stands for the address in a list of variables; `DATABASE` for the database's name."""
    secret: str = ""
    """What the address is where it is stored as a secret; "" where it holds no password."""
    checks: tuple[tuple[str, str], ...] = ()
    """What has to be true of it, in words, each with a command that succeeds where it is."""

    def command(self, template: str, address: str) -> str:
        """Return one of the commands for an address, as a shell expands it.

        Example:
            >>> access = DatabaseAccess(migration="0001-create.sql", runner="psql ADDRESS -f FILE")
            >>> access.command(access.runner, '"$DATABASE_URL"')
            'psql "$DATABASE_URL" -f migrations/0001-create.sql'
        """
        return template.replace("ADDRESS", address).replace("FILE", f"migrations/{self.migration}")
