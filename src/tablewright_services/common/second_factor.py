"""A second factor of whoever administers: codes of an authenticator, new every half minute.

In: a secret of the service, a name, the time. Out: whether a code is the one of now. The secret of
a name is made of the service's own, so that nothing is stored and a lost telephone is replaced by
showing it again: `python -m tablewright_services.common.second_factor VARIABLE NAME` prints the
address that an authenticator reads, for the secret in a variable of the environment.

Sources: RFC 6238 (TOTP), with HMAC-SHA1, six digits and 30 seconds, which is what authenticators
take without being told; RFC 4226, section 5.3, for the digits.
"""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import os
import sys
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from tablewright.core.errors import UsageError
from tablewright_services.common.caches import Cache
from tablewright_services.common.settings import SHORTEST_SECRET
from tablewright_services.common.signatures import is_same

STEP_SECONDS = 30
DIGITS = 6
STEPS_AROUND = 1
"""Codes of so many steps before and after are taken too, as clocks differ."""
WITHOUT = "none"
"""The setting that does without a second factor."""
USAGE = "usage: python -m tablewright_services.common.second_factor VARIABLE NAME"


class SecondFactor:
    """Checks the codes of those who administer.

    Args:
        secret: of the service, of which the secret of each is made.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def key(self, name: str) -> bytes:
        """Return the secret that somebody's authenticator has, 20 bytes."""
        return hmac.new(self._secret, f"second factor {name}".encode(), "sha1").digest()

    def address(self, name: str, issuer: str) -> str:
        """Return what an authenticator reads, as text or as a picture."""
        secret = base64.b32encode(self.key(name)).decode()
        return (
            f"otpauth://totp/{quote(issuer)}:{quote(name)}?secret={secret}&issuer={quote(issuer)}"
        )

    def step_of(self, name: str, code: str, now: float) -> int | None:
        """Return the step that a code is of, which is taken once; None where it is not of now.

        Args:
            name: whose code it is.
            code: six digits.
            now: seconds since 1970.
        """
        present = int(now) // STEP_SECONDS
        steps = range(present - STEPS_AROUND, present + STEPS_AROUND + 1)
        # every step is compared, so that the time taken says nothing of which it was
        matches = [step for step in steps if is_same(code, code_of(self.key(name), step))]
        return matches[0] if matches else None


async def is_second_factor(
    factor: SecondFactor | None, cache: Cache, name: str, code: str, now: dt.datetime
) -> bool:
    """Whether a code is somebody's of now, which it is once; or none is asked for.

    Args:
        factor: of the service; None: none is asked for.
        cache: keeps which codes were used.
        name: whose code it is.
        code: six digits.
        now: the time.
    """
    if factor is None:
        return True
    step = factor.step_of(name, code, now.timestamp())
    if step is None:
        return False
    return await cache.add(f"code:{name}:{step}", True, STEP_SECONDS * (2 * STEPS_AROUND + 1))


def code_of(key: bytes, step: int) -> str:
    """Return the code of a step.

    Example:
        >>> code_of(b"12345678901234567890", 59 // 30)
        '287082'
    """
    digest = hmac.new(key, step.to_bytes(8, "big"), "sha1").digest()
    place = digest[-1] & 0x0F
    number = int.from_bytes(digest[place : place + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def second_factor_of(
    environment: Mapping[str, str], variable: str, password_variable: str
) -> SecondFactor | None:
    """Return the second factor of those who administer; None where the variable says `none`.

    Where neither the variable nor the password is set, it is one that no code is of.

    Raises:
        UsageError: the variable is too short, or is not set although the password is.
    """
    secret = environment.get(variable, "")
    if secret == WITHOUT:
        return None
    if not secret and not environment.get(password_variable):
        return SecondFactor(os.urandom(SHORTEST_SECRET))
    if len(secret) < SHORTEST_SECRET:
        raise UsageError(
            f"{variable} has {len(secret)} characters",
            remedy=f"set it to at least {SHORTEST_SECRET} random ones, of which the codes of "
            f"authenticators are made, or to `{WITHOUT}` to do without a second factor",
        )
    return SecondFactor(secret.encode())


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Print what an authenticator reads; return the exit code."""
    if len(arguments) != 2 or len(environment.get(arguments[0], "")) < SHORTEST_SECRET:
        sys.stderr.write(f"{USAGE}\nVARIABLE names one with {SHORTEST_SECRET} characters or more\n")
        return 2
    variable, name = arguments
    factor = SecondFactor(environment[variable].encode())
    sys.stdout.write(f"{factor.address(name, 'Tablewright')}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))


__all__ = ["SecondFactor", "code_of", "is_second_factor", "second_factor_of"]
