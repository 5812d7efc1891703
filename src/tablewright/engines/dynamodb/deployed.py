"""How a deployed DynamoDB is reached: by a role of the account, at no address of its own."""

from __future__ import annotations

from tablewright.deploy.database import DatabaseAccess

ACCESS = DatabaseAccess(where="--aws", gateway="dynamodb", names_environments=True)
