"""The errors a request can end with: one class for each error type of DynamoDB.

In: what went wrong. Out: an exception that knows its wire name, HTTP status and JSON body. The
wording of constraint messages lives in `validation`; this module only carries messages.

Source: AWS API reference, "Common Errors" and the Errors section of each operation.
"""

from __future__ import annotations

from typing import Any, ClassVar

_DYNAMODB = "com.amazonaws.dynamodb.v20120810#"
_CORAL = "com.amazon.coral.service#"
_VALIDATE = "com.amazon.coral.validate#"


class Fault(Exception):
    """A request was refused. `extra` holds members beside the message (Item, CancellationReasons).

    Attributes:
        type_name: the wire name, as in the `__type` member.
        status: the HTTP status.
        message: what the service says.
        extra: further members of the body.
    """

    prefix: ClassVar[str] = _DYNAMODB
    code: ClassVar[str] = ""
    status: ClassVar[int] = 400
    message_member: ClassVar[str] = "message"

    def __init__(self, message: str = "", *, extra: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.extra: dict[str, Any] = extra or {}

    def __init_subclass__(cls) -> None:
        cls.code = cls.__dict__.get("code") or cls.__name__

    @property
    def type_name(self) -> str:
        """The wire name of the error type."""
        return self.prefix + self.code

    def body(self) -> dict[str, Any]:
        """Return the JSON body of the reply."""
        out: dict[str, Any] = {"__type": self.type_name}
        if self.message:
            out[self.message_member] = self.message
        out.update(self.extra)
        return out


class ValidationException(Fault):
    """The request breaks a rule, of the API or of the table's schema."""

    prefix = _VALIDATE


class EmptyKeyException(ValidationException):
    """A key attribute, of the table or of an index, is an empty string or binary.

    On the wire a ValidationException like any other; a transaction with it is refused as a whole.
    """

    code = "ValidationException"


class SerializationException(Fault):
    """The body is not JSON, or a member has another JSON type than the API gives it."""

    prefix = _CORAL
    message_member = "Message"


class UnknownOperationException(Fault):
    """There is no such operation."""

    prefix = _CORAL


class AccessDeniedException(Fault):
    """The caller may not do this (or its credentials were refused)."""

    prefix = _CORAL
    message_member = "Message"


class MissingAuthenticationTokenException(Fault):
    """The request is not signed."""

    prefix = _CORAL


class IncompleteSignatureException(Fault):
    """The signature lacks a part."""

    prefix = _CORAL


class UnrecognizedClientException(Fault):
    """The access key is not known."""

    prefix = _CORAL


class InvalidSignatureException(Fault):
    """The signature does not match."""

    prefix = _CORAL


class ThrottlingException(Fault):
    """Too many control-plane requests, or an account limit."""

    prefix = _CORAL


class ConditionalCheckFailedException(Fault):
    """The condition of a write does not hold; `extra` may carry the Item."""


class ResourceNotFoundException(Fault):
    """The table, index, stream or backup does not exist, or is not active."""


class ResourceInUseException(Fault):
    """The table exists already, or is being changed."""


class TableNotFoundException(Fault):
    """The source table of a backup, restore or export does not exist."""


class TableAlreadyExistsException(Fault):
    """The target table of a restore exists."""


class TableInUseException(Fault):
    """The table is being created, changed or deleted."""


class IndexNotFoundException(Fault):
    """The index does not exist."""


class LimitExceededException(Fault):
    """Too many of something at the same time."""


class ProvisionedThroughputExceededException(Fault):
    """The table, index or partition is out of capacity."""


class RequestLimitExceeded(Fault):
    """The account's throughput limit is exceeded."""


class ItemCollectionSizeLimitExceededException(Fault):
    """An item collection of a table with local indexes would pass 10 GB."""


class TransactionCanceledException(Fault):
    """A transaction was cancelled; `extra` carries the CancellationReasons."""

    message_member = "Message"


class TransactionConflictException(Fault):
    """Another transaction works on the item."""


class TransactionInProgressException(Fault):
    """The transaction of this token is still running."""


class IdempotentParameterMismatchException(Fault):
    """The token was used before with other parameters."""

    message_member = "Message"


class DuplicateItemException(Fault):
    """A PartiQL INSERT found an item of this key."""


class BackupNotFoundException(Fault):
    """The backup does not exist."""


class BackupInUseException(Fault):
    """The backup is being used."""


class ContinuousBackupsUnavailableException(Fault):
    """Point-in-time recovery is not enabled."""


class PointInTimeRecoveryUnavailableException(Fault):
    """Point-in-time recovery is not enabled for the source table."""


class InvalidRestoreTimeException(Fault):
    """The moment to restore lies outside the recovery window."""


class ExportNotFoundException(Fault):
    """The export does not exist."""


class ExportConflictException(Fault):
    """An export of this token exists with other parameters."""


class InvalidExportTimeException(Fault):
    """The moment to export lies outside the recovery window."""


class ImportNotFoundException(Fault):
    """The import does not exist."""


class ImportConflictException(Fault):
    """An import of this token exists with other parameters."""


class ExpiredIteratorException(Fault):
    """The shard iterator is older than it may be."""


class TrimmedDataAccessException(Fault):
    """The records asked for are no longer kept."""


class GlobalTableAlreadyExistsException(Fault):
    """The table is a global table already."""


class GlobalTableNotFoundException(Fault):
    """The global table does not exist."""


class ReplicaAlreadyExistsException(Fault):
    """The global table has a replica in that region."""


class ReplicaNotFoundException(Fault):
    """The global table has no replica in that region."""


class PolicyNotFoundException(Fault):
    """The resource has no policy."""


class InternalServerError(Fault):
    """Our own bug, or an injected error."""

    status = 500


class ServiceUnavailable(Fault):
    """The engine cannot serve now."""

    prefix = _CORAL
    status = 503
