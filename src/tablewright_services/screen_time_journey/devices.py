"""Devices and their PINs: ten at most; a PIN has four digits, encrypted and bound to its device.

In: who asks, and for which device. Out: the device, or the PIN. A device and its PIN are written in
one transaction, and removed in one. That a PIN is shown is noted before it is shown.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from tablewright.store.asynchronous import AsyncStore
from tablewright.store.failures import ConditionFailed, NotFound
from tablewright_services.common.sealing import opened, sealed
from tablewright_services.common.service import Now
from tablewright_services.screen_time_journey.domain import MOST_DEVICES
from tablewright_services.screen_time_journey.subscribers import Subscribers


class NoSuchDevice(Exception):
    """The customer has no such device."""


class TooManyDevices(Exception):
    """The customer has as many devices as allowed."""


class Devices:
    """The devices of customers."""

    def __init__(
        self, store: AsyncStore, subscribers: Subscribers, keys: Sequence[bytes], now: Now
    ) -> None:
        self.store, self.subscribers, self.now = store, subscribers, now
        self._keys = keys

    async def listed(self, customer_id: str) -> list[dict[str, Any]]:
        """Return the devices of a customer, the first enrolled first; without their PINs."""
        records = await self.store.devicesByCustomer(customer_id=customer_id)
        return [_shown(each) for each in sorted(records, key=_place)]

    async def add(self, customer_id: str, kind: str, name: str) -> dict[str, Any]:
        """Enrol a device; it has a PIN from the beginning.

        Each takes one of ten numbers by a conditional write, so that nobody ever has more.

        Raises:
            TooManyDevices: no number is free.
        """
        subscriber = await self.subscribers.read(customer_id)
        records = await self.store.devicesByCustomer(customer_id=customer_id)
        enrolled = {record.device_id for record in records}
        for number in range(1, MOST_DEVICES + 1):
            device_id = f"device-{number}"
            if device_id in enrolled:
                continue
            try:
                _, record = await self.store.addDevice(
                    customer_id=customer_id,
                    device_id=device_id,
                    user_id=f"pw-{secrets.token_hex(8)}",
                    email=subscriber.email,
                    type=kind,
                    name=name,
                    enrolled_at=self.now(),
                    settings={},
                    deviceType=kind,
                    deviceName=name,
                    profileType="supervision" if kind == "macOS" else "restrictions",
                    profile=_profile(kind),
                    pincode=self._new_pin(customer_id, device_id)[1],
                )
            except ConditionFailed:  # another one took the number meanwhile
                continue
            await self.subscribers.note(customer_id, "device_added", {"device": device_id})
            return _shown(record)
        raise TooManyDevices

    async def remove(self, customer_id: str, device_id: str) -> None:
        """Remove a device and its PIN.

        Raises:
            NoSuchDevice: there is none.
        """
        record = await self._record(customer_id, device_id)
        try:
            await self.store.removeDevice(
                user_id=record.user_id,
                PinRecord_customer_id=customer_id,
                PinRecord_device_id=device_id,
                Device_customer_id=customer_id,
                Device_device_id=device_id,
            )
        except NotFound as problem:
            raise NoSuchDevice from problem
        await self.subscribers.note(customer_id, "device_removed", {"device": device_id})

    async def configure(
        self, customer_id: str, device_id: str, settings: Mapping[str, Any]
    ) -> None:
        """Set what a device is allowed to do.

        Raises:
            NoSuchDevice: there is none.
        """
        record = await self._record(customer_id, device_id)
        try:
            await self.store.saveDeviceList(
                customer_id=customer_id,
                device_id=device_id,
                name=record.deviceName,
                settings=dict(settings),
            )
        except NotFound as problem:
            raise NoSuchDevice from problem

    async def profile(self, customer_id: str, device_id: str) -> dict[str, Any]:
        """Return the configuration profile of a device, without its PIN.

        Raises:
            NoSuchDevice: there is none.
        """
        record = await self._record(customer_id, device_id)
        return {"uuid": record.uuid, "type": record.profileType, "content": record.profile or {}}

    async def new_pin(self, customer_id: str, device_id: str) -> str:
        """Give a device another PIN, and return it.

        Raises:
            NoSuchDevice: there is none.
        """
        record = await self._record(customer_id, device_id)
        pin, seal = self._new_pin(customer_id, device_id)
        await self.subscribers.note(customer_id, "pin_created", {"device": device_id})
        try:
            await self.store.updatePin(
                user_id=record.user_id,
                customer_id=customer_id,
                device_id=device_id,
                pincode=seal,
                timestamp=self.now(),
            )
        except NotFound as problem:
            raise NoSuchDevice from problem
        return pin

    async def pin(self, customer_id: str, device_id: str) -> str:
        """Return the PIN of a device.

        Raises:
            NoSuchDevice: there is none.
            Unreadable: it was encrypted with a key that is not known here.
        """
        listed = await self._record(customer_id, device_id)
        record = await self.store.getPinRecord(
            user_id=listed.user_id, customer_id=customer_id, device_id=device_id
        )
        if record is None or record.customer_id != customer_id:
            raise NoSuchDevice
        pin = opened(record.pincode, self._keys, _about(customer_id, device_id))
        await self.subscribers.note(customer_id, "pin_revealed", {"device": device_id})
        return pin

    async def _record(self, customer_id: str, device_id: str) -> Any:
        """Return the record of a device: only among the customer's own is looked for it."""
        for record in await self.store.devicesByCustomer(customer_id=customer_id):
            if record.device_id == device_id:
                return record
        raise NoSuchDevice

    def _new_pin(self, customer_id: str, device_id: str) -> tuple[str, str]:
        """Return a PIN, and what is kept of it."""
        pin = f"{secrets.randbelow(10_000):04}"
        return pin, sealed(pin, self._keys[0], _about(customer_id, device_id))


def _about(customer_id: str, device_id: str) -> str:
    return f"{customer_id}|{device_id}"


def _place(record: Any) -> tuple[Any, str]:
    """Return what the list of devices is ordered by: of one moment, their ids."""
    return record.createdAt, record.device_id


def _shown(record: Any) -> dict[str, Any]:
    return {
        "id": record.device_id,
        "type": record.deviceType,
        "name": record.deviceName,
        "profile": record.uuid,
        "enrolledAt": record.createdAt,
    }


def _profile(kind: str) -> dict[str, Any]:
    """Return the configuration profile for a type of device."""
    return {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadDisplayName": f"Screen Time Journey for {kind}",
        "PayloadRemovalDisallowed": kind == "macOS",
    }
