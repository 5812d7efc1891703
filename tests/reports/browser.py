"""Measure a page in a real Chromium: what overflows, what overlaps, how many pages it prints."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

PROBE = """
<script>
addEventListener("load", () => {
  const wide = document.documentElement.clientWidth;
  const label = e => e.tagName + "." + (e.getAttribute("class") || "") + " " +
    (e.textContent || "").trim().slice(0, 40);
  const isIn = (e, s) => e.closest(s) !== null;
  const past = [...document.querySelectorAll("main *, header *")].filter(e => {
    if (isIn(e, ".scroll, .drawing, pre") || isIn(e, "svg")) return false;
    const box = e.getBoundingClientRect();
    return box.width > 0 && (box.right > wide + 1 || box.left < -1);
  });
  const texts = "td, th, p, li, dd, h1, h2, h3, h4";
  const clipped = [...document.querySelectorAll(texts)].filter(e =>
    e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 &&
    getComputedStyle(e).overflow !== "visible");
  const overlapping = [];
  for (const svg of document.querySelectorAll("svg.chart")) {
    const drawn = [...svg.querySelectorAll(".text-overlay text, .axis text, .legend text")]
      .map(t => [t.textContent, t.getBoundingClientRect()]).filter(([s, b]) => s.trim() && b.width);
    for (let i = 0; i < drawn.length; i++) for (let j = i + 1; j < drawn.length; j++) {
      const [a, b] = [drawn[i][1], drawn[j][1]];
      const w = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const h = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (w > 2 && h > 3) overlapping.push(drawn[i][0] + " | " + drawn[j][0]);
    }
  }
  const scrolling = [...document.querySelectorAll(".scroll")].filter(
    e => e.scrollWidth > e.clientWidth + 1);
  const out = document.createElement("pre");
  out.id = "measured";
  out.textContent = JSON.stringify({
    page: document.documentElement.scrollWidth, window: wide,
    past: past.map(label).slice(0, 20), clipped: clipped.map(label).slice(0, 20),
    overlapping: overlapping.slice(0, 20), scrolling: scrolling.length,
    tables: document.querySelectorAll(".scroll").length,
  });
  document.body.append(out);
});
</script>
"""
OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]


def chromium() -> str:
    """Return the browser, or skip the test by name."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium here")
    return browser


def measured(page: str, width: int, folder: Path) -> dict[str, Any]:
    """Return what a page of a width shows: its own width, what is past it, what overlaps."""
    frame = folder / "frame.html"
    inner = folder / "inner.html"
    inner.write_text(page.replace("</body>", PROBE + "</body>"))
    # Headless windows are at least 500 pixels wide; a frame may be narrower.
    reader = (
        "<script>onload = () => setTimeout(() => { document.body.dataset.measured = document"
        ".getElementById('f').contentDocument.getElementById('measured').textContent }, 400)"
        "</script>"
    )
    quoted = inner.read_text().replace("&", "&amp;").replace('"', "&quot;")
    frame.write_text(
        f'<iframe id="f" width="{width}" height="900" style="border:0" srcdoc="{quoted}"></iframe>'
        + reader
    )
    command = [
        chromium(),
        *OPTIONS,
        f"--user-data-dir={folder / 'profile'}",
        f"--window-size={max(width + 40, 520)},1000",
        "--virtual-time-budget=4000",
        "--dump-dom",
        frame.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    match = re.search(r'data-measured="([^"]*)"', done.stdout)
    assert match, done.stderr[-800:]
    data: dict[str, Any] = json.loads(match[1].replace("&quot;", '"').replace("&amp;", "&"))
    return data


def printed_pages(page: str, folder: Path) -> int:
    """Return how many sheets a page takes on paper."""
    file, paper = folder / "print.html", folder / "print.pdf"
    file.write_text(page)
    command = [
        chromium(),
        *OPTIONS,
        f"--user-data-dir={folder / 'profile'}",
        "--no-pdf-header-footer",
        f"--print-to-pdf={paper}",
        file.as_uri(),
    ]
    subprocess.run(command, capture_output=True, timeout=120, check=True)
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", paper.read_bytes()))


def dom(page: str, folder: Path) -> str:
    """Return the document after its scripts have run."""
    file = folder / "dom.html"
    file.write_text(page)
    command = [
        chromium(),
        *OPTIONS,
        f"--user-data-dir={folder / 'profile'}",
        "--virtual-time-budget=4000",
        "--dump-dom",
        file.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


AXE = Path(__file__).parents[2] / ".peers/node_modules/axe-core/axe.min.js"
AUDIT = """
addEventListener("load", () => {
  for (const fold of document.querySelectorAll("details")) fold.open = true;
  axe.run(document, {resultTypes: ["violations"]}).then(found => {
    document.body.dataset.axe = JSON.stringify(found.violations.map(
      one => [one.id, one.nodes.length, one.nodes[0].html.slice(0, 160)]));
  });
});
"""


def accessibility_findings(page: str, folder: Path, *, dark: bool = False) -> list[Any]:
    """Return what axe-core finds in a page with every fold open: rule, how often, the first place.

    Skips the test by name where axe-core is not installed (`scripts/install-peers`).
    """
    if not AXE.exists():
        pytest.skip("no axe-core here: run scripts/install-peers")
    axe = AXE.read_text(encoding="utf-8").replace("</script", "<\\/script")
    file = folder / "axe.html"
    scripts = f"<script>{axe}</script><script>{AUDIT}</script></body>"
    file.write_text(page.replace("</body>", scripts), encoding="utf-8")
    command = [
        chromium(),
        *OPTIONS,
        *(["--blink-settings=preferredColorScheme=0"] if dark else []),
        f"--user-data-dir={folder / 'profile'}",
        "--window-size=1280,1000",
        "--virtual-time-budget=60000",
        "--dump-dom",
        file.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    match = re.search(r'data-axe="([^"]*)"', done.stdout)
    assert match, done.stderr[-800:]
    findings: list[Any] = json.loads(unescape(match[1]))
    return findings
