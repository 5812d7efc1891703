"""How a deployed PostgreSQL is reached: at an address, by psql; its password is the service's."""

from __future__ import annotations

from tablewright.deploy.database import DatabaseAccess

ACCESS = DatabaseAccess(
    where='--endpoint "$DATABASE_URL"',
    variable="DATABASE_URL",
    migration="0001-create.sql",
    runner="psql ADDRESS -v ON_ERROR_STOP=1 -1 -f FILE",
    placeholder="postgresql address, sslmode=verify-full",
    checks=(("the database answers", 'psql ADDRESS -c "select 1"'),),
)
