"""How a deployed MongoDB is reached: at an address with a user and a password, by mongosh."""

from __future__ import annotations

from tablewright.deploy.database import DatabaseAccess

ACCESS = DatabaseAccess(
    where='--endpoint "$MONGODB_URL"',
    variable="MONGODB_URL",
    migration="0001-create.js",
    runner="mongosh ADDRESS --file FILE",
    placeholder="mongodb+srv address of the database DATABASE, from the secret store",
    secret="address of the database, with its user and password",
    checks=(
        ("the cluster answers", "mongosh ADDRESS --quiet --eval 'db.runCommand({ping: 1}).ok'"),
        ("indexes are as designed", "mongosh ADDRESS --quiet --file FILE"),
    ),
)
