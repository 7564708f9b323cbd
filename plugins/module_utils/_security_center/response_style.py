# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The style sheet of the report's page: on paper, on a phone, by day and by night."""

from __future__ import annotations

STYLE = """
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --text: #1c2430; --soft: #55606f; --line: #dde2e9; --track: #eef1f5; --link: #0b5cad;
  --handled: #19774a; --unchanged: #4f6b8a; --refused: #94600a; --failed: #b3261e; --unknown: #7a3f9d; --planned: #1f62b0;
  --warn-card: #fff4f2; --warn-line: #e3a59f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161c; --card: #1a2029; --text: #e6eaf0; --soft: #a5b0be; --line: #303946; --track: #252d38; --link: #84b9f5;
    --handled: #5cc28f; --unchanged: #9db4cf; --refused: #e2ab55; --failed: #f28b82; --unknown: #cfa0ee; --planned: #82b4f2;
    --warn-card: #2b1c1d; --warn-line: #7d4442;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif;
}
header, main, footer { max-width: 76rem; margin: 0 auto; padding: 0 1.5rem; }
header { padding-top: 2.5rem; }
h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; letter-spacing: -.01em; font-weight: 650; }
h2 { margin: 0 0 .25rem; font-size: 1.2rem; line-height: 1.3; font-weight: 650; }
h3 { margin: 0 0 .5rem; font-size: 1rem; font-weight: 600; }
p { margin: .25rem 0 .75rem; max-width: 46rem; }
a { color: var(--link); }
.lead { font-size: 1.15rem; margin: .75rem 0 1rem; }
.soft, .note, caption { color: var(--soft); }
.note { font-size: .9rem; }
.id, pre, code { font-family: ui-monospace, "SF Mono", "Cascadia Mono", Consolas, "Liberation Mono", monospace; font-size: .86em; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 0 0 1.5rem; padding: 0; font-size: .93rem; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.25rem 1.5rem; margin: 0 0 1.25rem; }
.warning { background: var(--warn-card); border: 2px solid var(--warn-line); }
.warning h2::before { content: "\\26A0\\FE0E\\00A0"; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: 1rem; margin: 0 0 1.25rem; }
.tiles div {
  background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: .8rem 1rem;
}
.tiles div::before {
  content: ""; display: block; width: 2rem; height: 4px; margin-bottom: .5rem; border-radius: 2px; background: var(--tone, var(--line));
}
.tiles dt { color: var(--soft); font-size: .9rem; }
.tiles dd { margin: 0; font-size: 1.55rem; line-height: 1.25; font-weight: 650; font-variant-numeric: tabular-nums; }
.tiles dd small { display: block; font-size: .85rem; line-height: 1.35; font-weight: 400; color: var(--soft); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 18.5rem), 1fr)); gap: 1.5rem 2.5rem; }
figure { margin: 0; break-inside: avoid; }
figcaption { color: var(--soft); font-size: .88rem; margin-top: .5rem; }
svg { display: block; width: 100%; max-width: 27rem; height: auto; }
svg text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Arial, sans-serif; fill: var(--text); }
svg .label { fill: var(--soft); }
svg .small { font-size: 12px; }
svg .value { font-weight: 600; }
svg .track { fill: var(--track); }
svg .axis { fill: var(--line); }
svg .bar { fill: var(--planned); }
svg .none { fill: var(--soft); }
svg .before { fill: var(--track); stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 3 2; }
.handled { --tone: var(--handled); } .unchanged { --tone: var(--unchanged); } .refused { --tone: var(--refused); }
.failed { --tone: var(--failed); } .unknown { --tone: var(--unknown); } .planned { --tone: var(--planned); }
svg .handled, svg .unchanged, svg .refused, svg .failed, svg .unknown, svg .planned { fill: var(--tone); }
.badge {
  display: inline-block; border: 1px solid currentColor; border-radius: 1rem; padding: 0 .6rem; font-size: .85rem; font-weight: 600;
  color: var(--tone); white-space: nowrap;
}
.table { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
caption { text-align: start; padding: 0 0 .6rem; font-size: .9rem; }
th { text-align: start; font-weight: 600; color: var(--soft); font-size: .85rem; white-space: nowrap; }
th, td { padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th:last-child, td:last-child { padding-right: 0; }
tbody tr:last-child td { border-bottom: 0; }
.number { text-align: end; font-variant-numeric: tabular-nums; }
bdi { overflow-wrap: anywhere; }
.text { display: block; overflow: hidden; min-width: 6rem; }
.text + .text { margin-top: .1rem; }
.small { font-size: .86rem; color: var(--soft); }
.strong { font-weight: 600; }
.differs { color: var(--failed); font-weight: 600; }
pre {
  margin: .25rem 0 1rem; padding: .9rem 1rem; background: var(--track); border-radius: .5rem; line-height: 1.45;
  white-space: pre-wrap; overflow-wrap: anywhere;
}
.facts { display: grid; grid-template-columns: minmax(9rem, max-content) 1fr; gap: .35rem 1.5rem; margin: 0; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
footer { color: var(--soft); font-size: .88rem; padding-bottom: 3rem; }
@media screen and (max-width: 46rem) {
  header, main, footer { padding-left: 1rem; padding-right: 1rem; }
  header { padding-top: 1.5rem; }
  h1 { font-size: 1.5rem; }
  section { padding: 1rem; }
  .tiles { grid-template-columns: repeat(2, 1fr); gap: .75rem; }
  .facts { grid-template-columns: 1fr; gap: 0; }
  .facts dd { margin-bottom: .6rem; }
  table, caption, tbody, tr, td { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tbody tr { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .75rem; margin: 0 0 .75rem; }
  td, td:last-child { display: grid; grid-template-columns: 7.5rem minmax(0, 1fr); gap: .5rem; border: 0; padding: .2rem 0; }
  td::before { content: attr(data-label); color: var(--soft); font-size: .85rem; }
  td.number { text-align: start; }
}
@media print {
  @page { margin: 14mm 12mm; }
  :root {
    color-scheme: light; --page: #fff; --card: #fff; --text: #000; --soft: #444; --line: #bbb; --track: #f0f0f0; --link: #000;
    --handled: #19774a; --unchanged: #4f6b8a; --refused: #94600a; --failed: #b3261e; --unknown: #7a3f9d; --planned: #1f62b0;
    --warn-card: #fff; --warn-line: #b3261e;
  }
  html { font-size: 9.5pt; }
  body { font-size: 1rem; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  header, main, footer { max-width: none; padding: 0; }
  nav { display: none; }
  section { border: 0; border-top: 1px solid var(--line); border-radius: 0; padding: .75rem 0; }
  .warning { border: 2px solid var(--warn-line); padding: .75rem; }
  h1, h2, h3, caption { break-after: avoid; }
  tr, .tiles div, pre { break-inside: avoid; }
  thead { display: table-header-group; }
  .tiles { grid-template-columns: repeat(3, 1fr); gap: .5rem; }
  .charts { grid-template-columns: repeat(3, 1fr); gap: 1rem 1.5rem; }
  .table { overflow: visible; }
  th, td { padding: .25rem .4rem .25rem 0; }
  th { white-space: normal; }
  .text { min-width: 4.5rem; }
}
"""
