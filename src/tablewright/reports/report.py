"""The whole report: the answer, the evidence, the assumptions, what is left out.

In: a ReportView. Out: a document.
"""

from __future__ import annotations

from dataclasses import replace

from tablewright.core.quantities import ZERO, plain
from tablewright.reports import charts
from tablewright.reports.answer import answer, deployment_answer, tiles
from tablewright.reports.assumptions import assumptions_section, moving, short_path
from tablewright.reports.claims import claims_section
from tablewright.reports.compare import answer_sections, compare_sections, growth_path
from tablewright.reports.cost import costs, crossing_paragraphs, precision, scales_table
from tablewright.reports.design import design_section
from tablewright.reports.document import (
    Block,
    Bullets,
    Diagram,
    Document,
    Fold,
    Paragraph,
    Section,
    Tiles,
    WhatIf,
)
from tablewright.reports.figures import plural, prices_of, review_sentence, sentence, users
from tablewright.reports.prove import proof_section
from tablewright.reports.roadmap import roadmap_sections
from tablewright.verbs.design_summary import DesignView
from tablewright.verbs.entities import SampleRows
from tablewright.verbs.report import ReportView


def report_page(view: ReportView) -> Document:
    """Return the whole report: the answer, the evidence, the assumptions, what is left out."""
    blocks: list[Block] = [
        Section(
            title="The answer",
            anchor="answer",
            blocks=(
                *(Paragraph(text=text, tone="lead") for text in answer(view)),
                *(Paragraph(text=text) for text in deployment_answer(view)),
                Tiles(items=tiles(view)),
                *_reviewed(view),
            ),
        ),
        _cost_section(view),
    ]
    if view.diagram:
        blocks.append(_model_section(view))
    samples = {sample.design: sample.kinds for sample in view.samples}
    blocks += [design_section(d, samples.get(d.name, ())) for d in view.designs[:1]]
    blocks += [_folded_design(d, samples.get(d.name, ())) for d in view.designs[1:]]
    blocks += [proof_section(proof) for proof in view.proofs]
    if view.comparison is not None:
        shown = (*answer_sections(view.comparison), growth_path(view.comparison))
        behind = compare_sections(view.comparison)[len(shown) :]
        summary = "What it rests on, variants, needs, options, databases, claims, the workload"
        blocks.append(
            Section(
                title="Engines and deployment options",
                anchor="compare",
                blocks=(*shown, Fold(summary=summary, blocks=behind)),
            )
        )
    if view.roadmap is not None:
        glance, *rest = roadmap_sections(view.roadmap)
        fold = Fold(summary="Each scale: what is due, what to watch, alarms", blocks=tuple(rest))
        blocks.append(
            Section(
                title=f"Roadmap of {view.roadmap.design}", anchor="roadmap", blocks=(glance, fold)
            )
        )
    if view.verdicts:
        blocks.append(claims_section(view.verdicts))
    blocks.append(assumptions_section(view))
    blocks.append(_fine_print(view))
    return Document(
        title=view.title,
        heading=f"{view.region} · {users(view.users)} · {prices_of(view.scales.prices_as_of)} · "
        f"{plural(view.entities, 'entity', 'entities')}, "
        f"{plural(view.pattern_count, 'access pattern')}, {plural(len(view.designs), 'design')}"
        + (f" · made on {view.made_on}" if view.made_on else ""),
        blocks=tuple(blocks),
    )


def _reviewed(view: ReportView) -> tuple[Block, ...]:
    if view.reviews is None:
        return ()
    return (Paragraph(text=review_sentence(view.reviews), tone="note"),)


def answer_page(view: ReportView) -> Document:
    """Return only the answer."""
    paragraphs = tuple(Paragraph(text=text) for text in answer(view))
    return Document(title=f"{view.title} · {users(view.users)}", blocks=paragraphs)


def _model_section(view: ReportView) -> Section:
    """Return the entities as a diagram; a solid line leads to a parent, a dashed one refers."""
    return Section(title="The model", anchor="model", blocks=(Diagram(entities=view.diagram),))


def _folded_design(design: DesignView, samples: tuple[SampleRows, ...]) -> Section:
    """Return a design that is not the first of the file: its cost and grade, the rest folded."""
    section = design_section(design, samples)
    text = f"{costs(design.cost)} at {users(design.cost.users)}"
    if design.card is not None:
        text += f", graded {design.card.grade}"
    fold = Fold(summary="Picture, findings, bill and routes", blocks=section.blocks)
    return replace(section, blocks=(Paragraph(text=f"{text}."), fold))


MOST_SLIDERS = 6
MOST_SIZES = 4


def _what_if(design: DesignView) -> WhatIf:
    """Return the parts of the first design's bill that sliders move."""
    moved = design.charged_patterns[:MOST_SLIDERS]
    rest = design.cost.charged - sum((usd for _, usd in moved), ZERO)
    return WhatIf(
        users=design.cost.users,
        parts=tuple((p.pattern, plain(usd)) for p, usd in moved),
        rest=plain(rest),
        sizes=tuple(
            (
                short_path(influence.assumption.name),
                plain(influence.halved - influence.base),
                plain(influence.doubled - influence.base),
            )
            for influence in moving(design)
            if influence.assumption.path[0] == "entities"
        )[:MOST_SIZES],
    )


def _cost_section(view: ReportView) -> Section:
    blocks: list[Block] = []
    chart = charts.cost_against_users(view.scales)
    if chart is not None:
        blocks.append(chart)
    blocks += [scales_table(view.scales), *crossing_paragraphs(view.scales)]
    if view.designs and view.designs[0].cost.mode == "on-demand":
        blocks.append(_what_if(view.designs[0]))
    return Section(title="What it costs, by users", anchor="cost", blocks=tuple(blocks))


def _fine_print(view: ReportView) -> Section:
    items = [sentence(text) for text in view.left_out]
    blocks: list[Block] = []
    if items:
        blocks.append(Bullets(items=tuple(items)))
    samples = {precision(design.cost) for design in view.designs}
    blocks += [Paragraph(text=text, tone="note") for text in sorted(samples)]
    blocks.append(
        Paragraph(
            text="Prices are without taxes and discounts; 1 GB is 1,024³ bytes, a month 730 hours.",
            tone="note",
        )
    )
    return Section(title="What is left out", anchor="left-out", blocks=tuple(blocks))
