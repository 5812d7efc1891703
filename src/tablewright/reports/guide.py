"""The page of `guide`: steps and routine tasks with their commands.

In: a GuideView. Out: a document.
"""

from __future__ import annotations

from collections.abc import Sequence

from tablewright.reports.document import Block, Document, Lines, Paragraph, Section
from tablewright.reports.figures import review_sentence
from tablewright.verbs.guide import GuideView


def guide_page(view: GuideView) -> Document:
    """Return the guide: chapters, the calendar, what to do before each scale."""
    blocks: list[Block] = []
    for number, chapter in enumerate(view.chapters, 1):
        pairs = [(step.what, step.command) for step in chapter.steps]
        blocks.append(Section(title=f"{number}. {chapter.title}", blocks=_tasks(pairs)))
    for interval in dict.fromkeys(task.interval for task in view.routine):
        pairs = [(t.what, t.command) for t in view.routine if t.interval == interval]
        blocks.append(Section(title=interval.capitalize(), blocks=_tasks(pairs)))
    for users in dict.fromkeys(milestone.users for milestone in view.milestones):
        pairs = [(m.what, m.command) for m in view.milestones if m.users == users]
        blocks.append(Section(title=f"Before {users:,} users", blocks=_tasks(pairs)))
    if view.reviews is not None:
        blocks.append(
            Section(title="Review", blocks=(Paragraph(text=review_sentence(view.reviews)),))
        )
    drill = view.last_drill
    text = (
        "No restore drill is on record: how long a recovery takes is not known."
        if drill is None
        else f"Last restore drill {drill.when}: {'passed' if drill.is_passed else 'FAILED'}, "
        f"{drill.recovery_seconds} s, as of {drill.recovery_point}."
    )
    blocks.append(Paragraph(text=text))
    title = f"{view.title}: running the design {view.design} on {view.engine}"
    return Document(title=title, blocks=tuple(blocks))


def _tasks(pairs: Sequence[tuple[str, str]]) -> tuple[Block, ...]:
    lines = [line for what, command in pairs for line in (f"{what}:", f"    {command}")]
    return (Lines(items=tuple(lines)),)
