"""Reports: asked for in a request, written beside the requests.

Every step of a job is in the store (queued, running, ready, failed), and whoever writes a report
has claimed it in a conditional write. So a job outlives the process that took it: a new one goes on
with what is queued, and with what has been running for longer than the lease.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.concurrency import run_in_threadpool

from tablewright.core.errors import EngineError
from tablewright.store.asynchronous import AsyncStore
from tablewright.store.calling import BASE32
from tablewright.store.failures import ConditionFailed, NotFound, StoreError
from tablewright_services.auxeira.domain import REPORT_TYPES, ReportType, is_entitled
from tablewright_services.auxeira.profiles import Profiles
from tablewright_services.auxeira.settings import AuxeiraSettings
from tablewright_services.auxeira.writers import Writer, WriterFailed, Written
from tablewright_services.common.service import Now, RequestRefused

SAME_SECONDS = 60
"""The same request again within so long gets the same report."""
WORKERS = 2
ATTEMPTS = 3
PAUSE_SECONDS = 1.0
KEPT_DAYS = 365
RESUME_PAUSE_SECONDS = 30.0
UNFINISHED = ("queued", "running")
Job = tuple[str, str]
"""The user and the report."""


class Reports:
    """Takes requests for reports, and shows them."""

    def __init__(
        self,
        store: AsyncStore,
        profiles: Profiles,
        settings: AuxeiraSettings,
        writer: Writer,
        now: Now,
        log: Callable[[str], None],
    ) -> None:
        self.store, self.profiles, self.settings = store, profiles, settings
        self.writer = writer
        self.now, self.log = now, log
        self.sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
        self.jobs: asyncio.Queue[Job] = asyncio.Queue()
        self._known: set[Job] = set()

    async def ask(self, user_id: str, kind: ReportType) -> Any:
        """Return the header of a new report in status queued, or of one asked for just now.

        Raises:
            Refused: the profile is not complete, or a premium type is not paid for.
        """
        profile = await self.profiles.complete(user_id)
        moment = self.now()
        for header in await self.store.listReports(userId=user_id):
            age = moment - dt.datetime.fromisoformat(header.createdAt)
            if header.reportType == kind.name and age < dt.timedelta(seconds=SAME_SECONDS):
                return header
        arguments = {
            "userId": user_id,
            "reportId": report_id(user_id, kind.name, moment),
            "reportType": kind.name,
            "title": kind.title,
            "premium": kind.is_premium,
            "summary": None,
            "completedAt": None,
        }
        header = await self._create(arguments, kind, profile)
        self.take_up(header)
        return header

    async def _create(self, arguments: dict[str, Any], kind: ReportType, profile: Any) -> Any:
        is_owned = not kind.is_premium or is_entitled(kind.name, list(profile.entitlements or ()))
        try:
            if is_owned:
                return await self.store.createReport(**arguments)
            (header,) = await self.store.createPremiumReport(**arguments)
            return header
        except ConditionFailed:  # asked for twice at once, or no credit is left
            key = {name: arguments[name] for name in ("userId", "reportId")}
            header = await self.store.getReportHeader(**key)
            if header is None:
                text = "this type is premium: buy credits or the type"
                raise RequestRefused(402, "payment_required", text) from None
            return header

    async def read(self, user_id: str, report: str) -> dict[str, Any] | None:
        """Return a report with its text as soon as it has one; None for none."""
        header = await self.store.getReportHeader(userId=user_id, reportId=report)
        if header is None:
            return None
        if header.status != "ready":
            self.take_up(header)
            return {"report": summary_of(header)}
        body = await self.store.getReport(userId=user_id, reportId=report)
        try:
            await self.store.markReportViewed(userId=user_id, reportId=report)
        except NotFound:
            return None  # it has just expired
        shown = summary_of(header)
        shown["viewCount"] += 1
        if body is not None:
            shown.update(content=body.content, sources=body.sources, model=body.model)
        return {"report": shown}

    def take_up(self, header: Any, *, retries: bool = False) -> None:
        """Write a report that nobody is writing, as far as its header says."""
        job = (header.userId, header.reportId)
        may_be = header.status == "queued" or (retries and header.status == "failed")
        if (may_be or self._is_stale(header)) and job not in self._known:
            self._known.add(job)
            self.jobs.put_nowait(job)

    def _is_stale(self, header: Any) -> bool:
        return header.status == "running" and self._left(header) <= dt.timedelta()

    def _left(self, header: Any) -> dt.timedelta:
        started = dt.datetime.fromisoformat(header.startedAt)
        return started + dt.timedelta(seconds=self.settings.lease_seconds) - self.now()

    # ------------------------------------------------------------ beside the requests

    async def resume(self) -> None:
        """Take up what a process that is gone had not finished."""
        while True:
            try:
                waiting = await self._unfinished()
                for header in sorted(waiting, key=self._left):
                    # another process may be at it: it is taken over once its lease has run out
                    await self.sleep(max(self._left(header).total_seconds(), 0))
                    await self._look(header.userId, header.reportId)
                return
            except (StoreError, EngineError) as problem:
                self._note(problem)
                await self.sleep(RESUME_PAUSE_SECONDS)

    async def _unfinished(self) -> list[Any]:
        """Take up what is queued; return the headers of what somebody is said to be writing."""
        oldest = self.now() - dt.timedelta(days=self.settings.look_back_days)
        running = []
        for kind in REPORT_TYPES:
            token: str | None = None
            while token != "":
                page = await self.store.reportsByType(reportType=kind, page=token)
                for entry in page:
                    if entry.status in UNFINISHED:
                        header = await self._look(entry.userId, entry.reportId)
                        if header is not None and header.status == "running":
                            running.append(header)
                is_over = page and dt.datetime.fromisoformat(page[-1].createdAt) < oldest
                token = "" if is_over else page.next
        return running

    async def _look(self, user_id: str, report: str) -> Any:
        header = await self.store.getReportHeader(userId=user_id, reportId=report)
        if header is not None:
            self.take_up(header)
        return header

    def _note(self, problem: Exception) -> None:
        line = {"time": round(self.now().timestamp(), 3), "problem": type(problem).__name__}
        self.log(json.dumps({**line, "pattern": "reports"}))

    async def work(self) -> None:
        """Write reports, one after the other, until cancelled."""
        while True:
            job = await self.jobs.get()
            try:
                await self._write(job)
            except Exception as problem:
                # it stays as the store has it: a look at it, or the next start, takes it up again
                self._note(problem)
            finally:
                self._known.discard(job)

    async def _write(self, job: Job) -> None:
        key = {"userId": job[0], "reportId": job[1]}
        header = await self.store.getReportHeader(**key)
        if header is None or header.status == "ready":
            return
        if header.status == "running" and not self._is_stale(header):
            return
        try:
            await self.store.startReport(
                **key, if_status=header.status, if_startedAt=header.startedAt
            )
        except (ConditionFailed, NotFound):
            return  # another process has it
        expires = int((self.now() + dt.timedelta(days=KEPT_DAYS)).timestamp())
        written = await self._text(header)
        if written is not None:
            await self.store.completeReport(
                **key,
                content=written.content,
                sources=list(written.sources),
                model=written.model,
                expiresAt=expires,
            )
        await self.store.completeHeader(
            **key,
            status="failed" if written is None else "ready",
            summary=None if written is None else beginning_of(written.content),
            completedAt=self.now(),
            expiresAt=expires,
        )

    async def _text(self, header: Any) -> Written | None:
        profile = await self.store.getProfile(userId=header.userId)
        if profile is None:
            return None
        kind = REPORT_TYPES[header.reportType]
        for attempt in range(ATTEMPTS):
            if attempt:
                await self.sleep(PAUSE_SECONDS * attempt)
            try:
                return await run_in_threadpool(self.writer.write, kind, profile.as_dict())
            except WriterFailed:
                continue
        return None


def report_id(user_id: str, kind: str, moment: dt.datetime) -> str:
    """Return the id of a user's report of a type: the same for the same minute.

    It is a ULID whose time is the minute, so that two requests at once make one report.
    """
    minute = int(moment.timestamp()) // SAME_SECONDS * SAME_SECONDS
    digest = hashlib.sha256(f"{user_id}/{kind}/{minute}".encode()).digest()
    number = minute * 1000 << 80 | int.from_bytes(digest[:10], "big")
    return "".join(BASE32[number >> shift & 31] for shift in range(125, -1, -5))


def beginning_of(content: str) -> str:
    """Return the first paragraph of a text that is no heading, cut at 250 characters."""
    for line in content.splitlines():
        if line.strip() and not line.startswith("#"):
            return line.strip()[:250]
    return content.strip()[:250]


def summary_of(header: Any) -> dict[str, Any]:
    """Return what a list shows of a report."""
    content: dict[str, Any] = header.as_dict()
    for name in ("userId", "startedAt"):
        content.pop(name, None)
    return content


def newest_first(headers: Sequence[Any]) -> list[dict[str, Any]]:
    """Return headers as a list shows them."""
    ordered = sorted(headers, key=lambda each: each.createdAt, reverse=True)
    return [summary_of(each) for each in ordered]


__all__ = ["WORKERS", "Reports", "newest_first", "report_id", "summary_of"]
