"""How passwords are hashed in earnest: other tests of the services hash them at once."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from tablewright.serve.callers import Unauthorized
from tablewright_services.common import passwords
from tablewright_services.common.passwords import Passwords


def test_a_password_is_hashed_with_the_memory_and_passes_of_rfc_9106(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(passwords, "PasswordHasher", PasswordHasher)
    kept = Passwords()
    stored = kept.hash("a long enough password")
    # RFC 9106, section 4, second recommended option: 64 MiB = 65,536 KiB, 3 passes, 4 lanes; a salt
    # of 128 bits, a tag of 256 bits: 22 and 43 characters of base64 without padding
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert [len(part) for part in stored.split("$")[-2:]] == [22, 43]
    kept.require("a long enough password", stored)
    for password, known in (
        ("another password", stored),
        ("a long enough password", None),
        ("nobody has this password", None),  # what is verified for whoever is unknown
    ):
        with pytest.raises(Unauthorized):
            kept.require(password, known)
    # whoever is unknown takes as long: the hash that is verified then has the same settings
    assert kept._nobody.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
