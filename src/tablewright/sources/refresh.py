"""Bring new facts into a model file that was edited since it was imported: a three-way merge.

In: the text as imported last (base), the file as it is now (mine), the text as imported now
(theirs). Out: the merged text and the conflicts. Where both sides changed the same lines the
user's stay, comments included, and the conflict says what the sources say now.
"""

from __future__ import annotations

from difflib import SequenceMatcher

from tablewright.core.frozen import frozen


@frozen
class RefreshConflict:
    """Lines that both the user and the sources changed."""

    line: int
    """Of the merged file, counted from 1: where the user's lines begin."""
    mine: tuple[str, ...]
    theirs: tuple[str, ...]


@frozen
class Merged:
    """The merged text."""

    text: str
    conflicts: tuple[RefreshConflict, ...]
    changed: int
    """Lines taken over from the sources."""


def merge(base: str, mine: str, theirs: str) -> Merged:
    r"""Return the user's file with what changed in the sources.

    Example:
        >>> merged = merge("a: 1\n\nb: 2\n", "a: 1  # mine\n\nb: 2\n", "a: 1\n\nb: 3\n")
        >>> merged.text
        'a: 1  # mine\n\nb: 3\n'
    """
    base_lines, my_lines, their_lines = (t.splitlines() for t in (base, mine, theirs))
    out: list[str] = []
    conflicts: list[RefreshConflict] = []
    changed = 0
    for old, my_part, their_part in _regions(base_lines, my_lines, their_lines):
        if my_part == their_part or their_part == old:
            out += my_part
        elif my_part == old:
            out += their_part
            changed += max(len(their_part), 1)
        else:
            conflicts.append(
                RefreshConflict(line=len(out) + 1, mine=tuple(my_part), theirs=tuple(their_part))
            )
            out += my_part
    return Merged(text="\n".join(out) + "\n", conflicts=tuple(conflicts), changed=changed)


def _regions(
    base: list[str], mine: list[str], theirs: list[str]
) -> list[tuple[list[str], list[str], list[str]]]:
    """Return the three texts cut where all of them agree: base, mine and theirs of each part."""
    regions: list[tuple[list[str], list[str], list[str]]] = []
    place = my_place = their_place = 0
    for start, my_start, their_start, length in _shared(base, mine, theirs):
        regions.append(
            (base[place:start], mine[my_place:my_start], theirs[their_place:their_start])
        )
        same = base[start : start + length]
        regions.append((same, same, same))
        place, my_place, their_place = start + length, my_start + length, their_start + length
    regions.append((base[place:], mine[my_place:], theirs[their_place:]))
    return [region for region in regions if any(region)]


def _shared(base: list[str], mine: list[str], theirs: list[str]) -> list[tuple[int, int, int, int]]:
    """Return the stretches of the base that both others have: places in all three, and lengths."""
    my_blocks = SequenceMatcher(None, base, mine, autojunk=False).get_matching_blocks()
    their_blocks = SequenceMatcher(None, base, theirs, autojunk=False).get_matching_blocks()
    shared = []
    first = second = 0
    while first < len(my_blocks) and second < len(their_blocks):
        mine_block, their_block = my_blocks[first], their_blocks[second]
        start = max(mine_block.a, their_block.a)
        end = min(mine_block.a + mine_block.size, their_block.a + their_block.size)
        if start < end:
            shared.append(
                (
                    start,
                    mine_block.b + start - mine_block.a,
                    their_block.b + start - their_block.a,
                    end - start,
                )
            )
        if mine_block.a + mine_block.size < their_block.a + their_block.size:
            first += 1
        else:
            second += 1
    return shared
