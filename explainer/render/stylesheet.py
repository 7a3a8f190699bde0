"""The style sheet of the HTML report. No url(), no import, no font that has to be fetched."""

from __future__ import annotations

# ruff: noqa: E501 (a style sheet reads best with a rule a line)

CSS = """
:root {
  --page: #f4f5f7; --card: #ffffff; --ink: #1b1f24; --soft: #57606a; --line: #d8dee4; --code: #eef1f4;
  --good: #116329; --good-bg: #dafbe1; --warn: #7d4e00; --warn-bg: #fff3d0; --bad: #a40e26; --bad-bg: #ffe5e5;
  --info: #0a4f9e; --info-bg: #ddf0ff; --shadow: 0 1px 2px rgb(27 31 36 / 8%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0d1117; --card: #161b22; --ink: #e6edf3; --soft: #9da7b3; --line: #30363d; --code: #21262d;
    --good: #7ee2a0; --good-bg: #0f2f1b; --warn: #f2cc60; --warn-bg: #352708; --bad: #ff9a94; --bad-bg: #3d1418;
    --info: #8cc8ff; --info-bg: #0c2d4f; --shadow: none;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
}
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
article + article { margin-top: 3.5rem; }
p { margin: .35rem 0; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: .6rem 0 .3rem; text-wrap: balance; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; line-height: 1.3; margin: 0 0 .7rem; }
h3 { font-size: .8rem; letter-spacing: .06em; text-transform: uppercase; color: var(--soft); margin: 1.1rem 0 .4rem; }
.group:first-of-type > h3 { margin-top: 0; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .875em; }
code { background: var(--code); border-radius: 4px; padding: .08em .32em; overflow-wrap: anywhere; white-space: pre-wrap; }
pre {
  background: var(--code); border: 1px solid var(--line); border-radius: 8px; padding: .7rem .85rem; margin: .5rem 0;
  overflow-x: auto; user-select: all; -webkit-user-select: all;
}
pre code { background: none; padding: 0; white-space: pre; overflow-wrap: normal; }
pre:focus-visible, a:focus-visible, summary:focus-visible { outline: 2px solid var(--info); outline-offset: 2px; }
a { color: var(--info); }
.top {
  background: var(--card); border: 1px solid var(--line); border-left: 8px solid var(--tone); border-radius: 12px;
  padding: 1.1rem 1.4rem 1.2rem; box-shadow: var(--shadow); color: var(--ink);
}
.top.good { --tone: var(--good); --tone-bg: var(--good-bg); }
.top.warn { --tone: var(--warn); --tone-bg: var(--warn-bg); }
.top.bad { --tone: var(--bad); --tone-bg: var(--bad-bg); }
.top.info { --tone: var(--info); --tone-bg: var(--info-bg); }
.verdict { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem .9rem; margin: 0; }
.verdict .value {
  font-size: 1.05rem; padding: .2rem .8rem; border-radius: 999px; background: var(--tone-bg); color: var(--tone);
}
.qualifier { color: var(--soft); font-size: .95rem; }
.qualifier + .qualifier::before { content: "·"; margin-right: .9rem; }
.reason { color: var(--soft); }
.automation { margin-top: .8rem; }
.part {
  background: var(--card); border: 1px solid var(--line); border-radius: 12px; box-shadow: var(--shadow);
  margin-top: 1rem; padding: 1.1rem 1.4rem 1.2rem;
}
.summary > p { font-size: 1.08rem; line-height: 1.6; }
.badge {
  display: inline-block; font-size: .75rem; font-weight: 600; line-height: 1.5; padding: .05rem .55rem; border-radius: 999px;
  border: 1px solid var(--line); color: var(--soft); white-space: nowrap;
}
.badge.good { color: var(--good); background: var(--good-bg); border-color: transparent; }
.badge.warn { color: var(--warn); background: var(--warn-bg); border-color: transparent; }
.badge.bad { color: var(--bad); background: var(--bad-bg); border-color: transparent; }
.badge.info { color: var(--info); background: var(--info-bg); border-color: transparent; }
.strong { font-weight: 600; }
.dim, .handle { color: var(--soft); }
p.bad { color: var(--bad); font-weight: 600; }
ul { margin: .3rem 0; padding-left: 1.2rem; }
li { margin: .3rem 0; overflow-wrap: anywhere; }
dl { margin: 0; display: grid; gap: .3rem; }
dl > div { display: grid; grid-template-columns: 11rem minmax(0, 1fr); gap: .2rem 1rem; }
dt { color: var(--soft); }
dt code { background: none; padding: 0; }
dd { margin: 0; overflow-wrap: anywhere; }
@media (min-width: 56rem) {
  .facts { columns: 2; column-gap: 2.5rem; }
  .facts dl > div { grid-template-columns: 8.5rem minmax(0, 1fr); break-inside: avoid; }
  .facts h3 { break-after: avoid; }
  .facts .group { break-inside: avoid; }
}
.alert > dl { margin-top: 1rem; border-top: 1px dashed var(--line); padding-top: .8rem; }
.cite {
  font: 600 .75rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; text-decoration: none;
  border: 1px solid var(--line); border-radius: 5px; padding: 0 .35rem; color: var(--info); background: var(--card);
  white-space: nowrap;
}
a.cite:hover { text-decoration: underline; }
.entry { border-top: 1px solid var(--line); padding: .8rem 0 .6rem; }
h2 + .entry, h3 + .entry { border-top: 0; padding-top: 0; }
.entry:last-child { padding-bottom: 0; }
.entry-head { display: flex; align-items: baseline; gap: .35rem .6rem; margin: 0 0 .2rem; }
.said { display: flex; flex-wrap: wrap; align-items: baseline; gap: .3rem .6rem; min-width: 0; }
.entry-head .lead { min-width: 0; overflow-wrap: anywhere; }
.marks { display: inline-flex; flex-wrap: wrap; align-items: baseline; gap: .3rem; }
.handle { background: none; font-size: .75rem; }
.number {
  flex: none; font-weight: 700; font-size: .85rem; min-width: 1.7rem; height: 1.7rem; line-height: 1.7rem; text-align: center;
  align-self: flex-start; border-radius: 999px; background: var(--ink); color: var(--card);
}
.fold > summary { cursor: pointer; list-style: none; display: flex; gap: .5rem; align-items: baseline; }
.fold > summary::-webkit-details-marker { display: none; }
.fold > summary::before { content: "▸"; color: var(--soft); flex: none; }
.fold[open] > summary::before { content: "▾"; }
.fold > :not(summary) { margin-left: 1.2rem; }
.faded > summary .lead, .faded > .entry-head .lead, .faded > p { color: var(--soft); }
.entry:target { background: var(--info-bg); border-radius: 6px; outline: 6px solid var(--info-bg); }
.steps .entry > :not(.entry-head) { margin-left: 2.3rem; }
.hypotheses .group > h3 { margin-top: .7rem; }
.withheld { border-color: var(--bad); }
.withheld > h2 { color: var(--bad); }
.struck { user-select: none; -webkit-user-select: none; overflow-wrap: anywhere; }
.struck del { color: var(--soft); text-decoration: line-through 2px var(--bad); font-style: italic; }
.entry .struck + dl { margin-top: .5rem; }
details.part > summary, .further > summary { cursor: pointer; }
.further > summary h3 { display: inline; }
details.part > summary h2 { display: inline; color: var(--soft); }
details.part[open] > summary { margin-bottom: .8rem; }
.provenance dl, .data dl { font-size: .9rem; }
.contents ol { padding-left: 1.6rem; margin: 0 0 1.5rem; }
.contents a { text-decoration: none; }
.contents a:hover { text-decoration: underline; }
@media (max-width: 40rem) {
  main { padding: .7rem .6rem 3rem; }
  h1 { font-size: 1.3rem; }
  .top, .part { padding: .9rem .95rem 1rem; border-radius: 10px; }
  dl > div { grid-template-columns: 7.5rem minmax(0, 1fr); gap: .2rem .6rem; }
  dt { font-size: .9rem; }
  .steps .entry > :not(.entry-head) { margin-left: 0; }
}
@media print {
  :root {
    --page: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --code: #f2f2f2;
    --good: #116329; --good-bg: #fff; --warn: #7d4e00; --warn-bg: #fff; --bad: #a40e26; --bad-bg: #fff;
    --info: #0a4f9e; --info-bg: #fff; --shadow: none;
  }
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  .part, .top { break-inside: auto; border-radius: 0; }
  .entry, dl > div { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  pre, pre code { white-space: pre-wrap; overflow-wrap: anywhere; }
  .badge { border-color: currentColor; }
  details::details-content { content-visibility: visible; block-size: auto; }
}
"""
