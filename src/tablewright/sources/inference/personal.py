"""Whether an attribute holds personal data, told by its name and the form of its values.

In: a name and forms. Out: yes or no, and whether its values may be shown as an enum. Where in
doubt an attribute counts as personal: its values are never copied.
"""

from __future__ import annotations

from tablewright.sources.inference.forms import EMAIL, PHONE
from tablewright.sources.inference.naming import words_of

PERSONAL_WORDS = frozenset(
    {
        "email", "mail", "phone", "mobile", "tel", "telephone", "ssn", "passport", "birth",
        "birthday", "dob", "gender", "sex", "religion", "ethnicity", "address", "street", "zip",
        "zipcode", "postcode", "postal", "surname", "firstname", "lastname", "fullname", "iban",
        "card", "cvv", "password", "passwd", "pwd", "secret", "hash", "token", "pin", "pincode",
        "ip", "lat", "lon", "latitude", "longitude", "location", "avatar", "photo", "salary",
        "health", "diagnosis", "nationality", "username", "login", "nickname", "contact",
    }
)  # fmt: skip
NAME_OWNERS = frozenset(
    {"first", "last", "full", "middle", "given", "family", "user", "customer", "contact", "person"}
)


def is_personal(name: str, form: str = "") -> bool:
    """Whether an attribute of this name, whose values have this form, is personal data.

    Example:
        >>> is_personal("homeAddress"), is_personal("first_name"), is_personal("product_name")
        (True, True, False)
    """
    if form in (EMAIL, PHONE):
        return True
    words = words_of(name)
    if any(word in PERSONAL_WORDS for word in words):
        return True
    return "name" in words and any(word in NAME_OWNERS for word in words)


def may_show_values(name: str) -> bool:
    """Whether the frequent values of an attribute may be written in a model file.

    Example:
        >>> may_show_values("status"), may_show_values("city"), may_show_values("customerName")
        (True, False, False)
    """
    words = set(words_of(name))
    hidden = {"name", "city", "town", "title", "owner", "author", "by", "company", "employer"}
    return not is_personal(name) and not words & hidden
