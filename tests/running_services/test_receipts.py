"""Receipts that Apple signed: certificates as Apple's, made here, and the vendor's check."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from running_services.running import START, Running
from tablewright.core.errors import UsageError
from tablewright_services.llm_proxy.app import LlmProxy
from tablewright_services.llm_proxy.receipts import AppStoreReceipts, BadReceipt

BUNDLE, APP = "com.example.chat", 1234
SECRETS = {"JWT_SECRET": "a" * 32, "JWT_REFRESH_SECRET": "r" * 32}
# the marks of Apple's certificates: of the intermediate one, of the one that signs receipts
INTERMEDIATE, LEAF = "1.2.840.113635.100.6.2.1", "1.2.840.113635.100.6.11.1"
PURCHASED, EXPIRES = 1_796_040_000_000, 1_798_632_000_000  # START, and thirty days later


@dataclass(frozen=True)
class Signer:
    """Three certificates, the last one's key, and the root as a file."""

    chain: tuple[bytes, ...]
    key: ec.EllipticCurvePrivateKey

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        """Return a signed text (RFC 7515, ES256) with the chain in its header."""
        certificates = [base64.b64encode(each).decode() for each in self.chain]
        head = {"alg": "ES256", "x5c": certificates, **header}
        signed = ".".join(_text(json.dumps(part).encode()) for part in (head, claims))
        signature = self.key.sign(signed.encode(), ec.ECDSA(hashes.SHA256()))
        r, s = decode_dss_signature(signature)
        return f"{signed}.{_text(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None,
    mark: str = "",
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signing_key = issuer[1] if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(START - dt.timedelta(days=400))
        .not_valid_after(START + dt.timedelta(days=4_000))
        .add_extension(x509.BasicConstraints(mark != LEAF, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), False
        )
        .add_extension(
            x509.KeyUsage(
                digital_signature=mark == LEAF,
                key_cert_sign=mark != LEAF,
                crl_sign=mark != LEAF,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    if mark:
        nothing = x509.UnrecognizedExtension(x509.ObjectIdentifier(mark), b"\x05\x00")
        builder = builder.add_extension(nothing, critical=False)
    return builder.sign(signing_key, hashes.SHA256())


def signer_of(name: str, mark: str = LEAF) -> Signer:
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
    root = _certificate(f"{name} root", keys[0], None)
    between = _certificate(f"{name} between", keys[1], (root, keys[0]), INTERMEDIATE)
    leaf = _certificate(f"{name} leaf", keys[2], (between, keys[1]), mark)
    chain = tuple(each.public_bytes(Encoding.DER) for each in (leaf, between, root))
    return Signer(chain, keys[2])


APPLE, ANOTHER = signer_of("Apple"), signer_of("Another")


def transaction(**changed: Any) -> dict[str, Any]:
    return {
        "originalTransactionId": "2000000000000001",
        "transactionId": "2000000000000001",
        "productId": "pro.monthly",
        "bundleId": BUNDLE,
        "purchaseDate": PURCHASED,
        "expiresDate": EXPIRES,
        "signedDate": PURCHASED,
        "environment": "Sandbox",
        **changed,
    }


def notification(kind: str, inside: dict[str, Any] | None, **changed: Any) -> dict[str, Any]:
    data: dict[str, Any] = {"bundleId": BUNDLE, "environment": "Sandbox", **changed}
    if inside is not None:
        data["signedTransactionInfo"] = APPLE.sign(inside)
    return {
        "notificationType": kind,
        "notificationUUID": str(uuid4()),
        "signedDate": PURCHASED,
        "data": data,
    }


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("roots") / "root.cer"
    path.write_bytes(APPLE.chain[-1])
    return path


@pytest.fixture(scope="module")
def receipts(root: Path) -> AppStoreReceipts:
    return AppStoreReceipts(BUNDLE, None, "Sandbox", [root], checks_online=False)


def test_a_transaction_that_apple_signed_says_what_was_bought(receipts: AppStoreReceipts) -> None:
    assert receipts.transaction(APPLE.sign(transaction()), 0) == {
        "originalTransactionId": "2000000000000001",
        "transactionId": "2000000000000001",
        "productId": "pro.monthly",
        "purchaseDate": "2026-11-30T12:00:00.000Z",
        "expiresDate": "2026-12-30T12:00:00.000Z",
        "environment": "Sandbox",
    }


@pytest.mark.parametrize(
    "signed",
    [
        pytest.param(ANOTHER.sign(transaction()), id="another root"),
        pytest.param(signer_of("Apple").sign(transaction()), id="a root of the same name"),
        pytest.param(APPLE.sign(transaction(bundleId="com.example.other")), id="another app"),
        pytest.param(APPLE.sign(transaction(environment="Production")), id="another environment"),
        pytest.param(APPLE.sign(transaction(environment="Xcode")), id="not signed by Apple"),
        pytest.param(APPLE.sign(transaction(), alg="HS256"), id="another algorithm"),
        pytest.param(APPLE.sign(transaction(), alg="none"), id="no algorithm"),
        pytest.param(APPLE.sign(transaction(), x5c=[]), id="no chain"),
        pytest.param(APPLE.sign(transaction())[:-4] + "AAAA", id="another signature"),
        pytest.param(APPLE.sign(transaction(revocationDate=PURCHASED)), id="revoked"),
        pytest.param(APPLE.sign(transaction(expiresDate=None)), id="without an end"),
        pytest.param("a.b.c", id="no token"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_apple_did_not_sign_for_this_app_is_refused(
    receipts: AppStoreReceipts, signed: str
) -> None:
    with pytest.raises(BadReceipt):
        receipts.transaction(signed, 0)


def test_a_certificate_that_is_not_for_receipts_signs_none(tmp_path: Path) -> None:
    signer = signer_of("Apple", "1.2.840.113635.100.6.11.2")
    path = tmp_path / "root.cer"
    path.write_bytes(signer.chain[-1])
    receipts = AppStoreReceipts(BUNDLE, None, "Sandbox", [path], checks_online=False)
    with pytest.raises(BadReceipt):
        receipts.transaction(signer.sign(transaction()), 0)


@pytest.mark.parametrize("environment", ["Xcode", "LocalTesting", "production", ""])
def test_environments_that_are_not_signed_cannot_be_set(root: Path, environment: str) -> None:
    with pytest.raises(UsageError, match="APP_STORE_ENVIRONMENT"):
        AppStoreReceipts(BUNDLE, APP, environment, [root], checks_online=False)


def test_production_needs_the_number_of_the_app_and_a_root(root: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="APP_STORE_APP_ID"):
        AppStoreReceipts(BUNDLE, None, "Production", [root], checks_online=False)
    for roots in ([], [tmp_path / "none.cer"]):
        with pytest.raises(UsageError, match="APP_STORE_ROOTS"):
            AppStoreReceipts(BUNDLE, APP, "Production", roots, checks_online=False)


# ---------------------------------------------------------------- the service


@pytest.fixture
def service(root: Path) -> Iterator[Running]:
    environment = {
        **SECRETS,
        "APP_STORE_BUNDLE_ID": BUNDLE,
        "APP_STORE_ENVIRONMENT": "Sandbox",
        "APP_STORE_ROOTS": str(root),
        "APP_STORE_ONLINE": "no",
        "RECEIPT_SECRET": "of the local validator",
    }
    running = Running(LlmProxy, "llm-proxy", "recommended", environment)
    with running.client:
        yield running


def signed_up(service: Running) -> dict[str, str]:
    body = {"email": f"{uuid4().hex}@example.org", "password": "a long password 1"}
    tokens = service.client.post("/auth/register", json=body).json()
    return {"Authorization": f"Bearer {tokens['accessToken']}"}


def plan_of(service: Running, headers: dict[str, str]) -> str:
    return str(service.client.get("/subscription", headers=headers).json()["plan"])


def told(service: Running, content: dict[str, Any], signer: Signer = APPLE) -> Any:
    body = {"signedPayload": signer.sign(content)}
    return service.client.post("/webhooks/app-store", json=body)


def test_a_purchase_is_taken_once_and_ends_as_apple_says(service: Running) -> None:
    headers = signed_up(service)
    body = {"signedTransaction": APPLE.sign(transaction())}
    for _ in range(3):
        bought = service.client.post("/subscription/receipts", json=body, headers=headers)
        assert bought.json() == {"plan": "pro", "expiresAt": "2026-12-30T12:00:00.000Z"}
    stolen = service.client.post("/subscription/receipts", json=body, headers=signed_up(service))
    assert (stolen.status_code, stolen.json()["error"]) == (422, "bad_receipt")
    assert told(service, notification("TEST", None)).json() == {"result": "ignored"}
    refund = notification("REFUND", transaction())
    assert told(service, refund, ANOTHER).status_code == 401
    assert plan_of(service, headers) == "pro"
    assert [told(service, refund).json() for _ in range(3)] == [{"result": "free"}] * 3
    assert plan_of(service, headers) == "free"


def test_a_token_of_the_local_validator_is_no_receipt_of_apple(service: Running) -> None:
    from running_services.test_llm_proxy import receipt

    body = {"signedTransaction": receipt()}
    reply = service.client.post("/subscription/receipts", json=body, headers=signed_up(service))
    assert (reply.status_code, reply.json()["error"]) == (422, "bad_receipt")


def test_a_receipt_that_has_run_out_buys_nothing(service: Running) -> None:
    headers = signed_up(service)
    # three days of grace: until 27 November, three days and a second before the clock's noon
    old = START - dt.timedelta(days=3)
    ids = {"originalTransactionId": "3" * 16, "transactionId": "3" * 16}
    expired = transaction(**ids, expiresDate=int(old.timestamp() * 1000))
    body = {"signedTransaction": APPLE.sign(expired)}
    reply = service.client.post("/subscription/receipts", json=body, headers=headers)
    assert (reply.status_code, plan_of(service, headers)) == (422, "free")
    last = transaction(**ids, expiresDate=int(old.timestamp() * 1000) + 1_000)
    body = {"signedTransaction": APPLE.sign(last)}
    reply = service.client.post("/subscription/receipts", json=body, headers=headers)
    assert (reply.status_code, plan_of(service, headers)) == (200, "pro")


def test_a_plan_falls_back_after_its_grace_as_soon_as_tokens_are_renewed(service: Running) -> None:
    body = {"email": f"{uuid4().hex}@example.org", "password": "a long password 1"}
    tokens = service.client.post("/auth/register", json=body).json()
    headers = {"Authorization": f"Bearer {tokens['accessToken']}"}
    ends = START + dt.timedelta(hours=1)
    bought = {
        "signedTransaction": APPLE.sign(transaction(expiresDate=int(ends.timestamp()) * 1000))
    }
    service.client.post("/subscription/receipts", json=bought, headers=headers)
    for moment, plan in (
        (ends + dt.timedelta(days=3, seconds=-1), "pro"),
        (ends + dt.timedelta(days=3), "free"),
    ):
        service.time.moment = moment
        refresh = {"refreshToken": tokens["refreshToken"]}
        tokens = service.client.post("/auth/refresh", json=refresh).json()
        headers = {"Authorization": f"Bearer {tokens['accessToken']}"}
        assert plan_of(service, headers) == plan
