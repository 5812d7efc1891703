"""Recognise the form of a text: uuid, e-mail, timestamp, digits … and words that are codes.

In: one text. Out: the name of its form. It keeps nothing.
"""

from __future__ import annotations

import re

UUID, ULID, OBJECT_ID, EMAIL, URL = "uuid", "ulid", "object-id", "email", "url"
TIMESTAMP, DATE, DIGITS, PHONE, HEX, TOKEN, CODE, TEXT, ID, NAME = (
    "timestamp", "date", "digits", "phone", "hex", "token", "code", "text", "id", "name",
)  # fmt: skip

LONGEST_FORM = 2048
"""Longer texts are only texts."""
LONGEST_CODE = 32

_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_OBJECT_ID = re.compile(r"[0-9a-f]{24}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]+")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://\S+")
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?\s?(Z|[+-]\d\d:?\d\d)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DIGITS = re.compile(r"\d+")
_PHONE = re.compile(r"\+\d[\d ()-]{6,18}")
_HEX = re.compile(r"[0-9a-f]{16,}")
_TOKEN = re.compile(r"[A-Za-z0-9+/_=.-]{24,}")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9]*([ _./#:-][A-Za-z0-9]+){0,3}")
_ID = re.compile(r"(?=.*\d)[A-Za-z0-9_.:-]+")
_NAME = re.compile(r"[^\W\d_][\w'.-]*( [^\W\d_][\w'.-]*){1,3}")

_BY_LENGTH = {36: ((_UUID, UUID),), 26: ((_ULID, ULID),), 24: ((_OBJECT_ID, OBJECT_ID),)}


def form_of(text: str) -> str:
    """Return the name of the form of a text.

    Example:
        >>> [form_of(text) for text in ("ana@example.org", "2026-01-31", "0042", "in progress")]
        ['email', 'date', 'digits', 'code']
        >>> form_of("The quick brown fox jumps over the lazy dog")
        'text'
    """
    length = len(text)
    if length > LONGEST_FORM:
        return TEXT
    for pattern, form in _BY_LENGTH.get(length, ()):
        if pattern.fullmatch(text):
            return form
    if "@" in text and _EMAIL.fullmatch(text):
        return EMAIL
    if text[:1].isdigit():
        return _numeric_form(text)
    if text.startswith("+") and _PHONE.fullmatch(text):
        return PHONE
    if "://" in text and _URL.fullmatch(text):
        return URL
    return _word_form(text)


def _numeric_form(text: str) -> str:
    if _DIGITS.fullmatch(text):
        return DIGITS
    if _DATE.fullmatch(text):
        return DATE
    if _TIMESTAMP.fullmatch(text):
        return TIMESTAMP
    return _word_form(text)


def _word_form(text: str) -> str:
    if len(text) <= LONGEST_CODE and _CODE.fullmatch(text):
        return CODE
    if _HEX.fullmatch(text):
        return HEX
    if _TOKEN.fullmatch(text):
        return TOKEN
    if _ID.fullmatch(text):
        return ID
    if len(text) <= 60 and _NAME.fullmatch(text):
        return NAME
    return TEXT


def is_code(text: str) -> bool:
    """Whether a text may be one of the values of an enum: a short word without private look.

    Example:
        >>> is_code("shipped"), is_code("ana@example.org"), is_code("The whole street address, 7")
        (True, False, False)
    """
    return len(text) <= LONGEST_CODE and _CODE.fullmatch(text) is not None
