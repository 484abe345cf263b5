"""Alignments as one page that needs nothing else: the table and the lines answer the pointer."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence

import numpy as np

from rnnviz.core.alignments.words.tokens import runs_right_to_left, shown_token
from rnnviz.core.colours.colour import LEVELS
from rnnviz.core.export.alignments.figure import DrawnAlignment
from rnnviz.core.export.figure import hex_colour
from rnnviz.core.export.html_parts import STYLE, THEME
from rnnviz.core.sequences.texts.direction import unturned

_STOPS = 33
_STYLE = """
.alignment { overflow: auto; max-height: 80vh; border: 1px solid var(--line); border-radius: .5rem;
  padding: .5rem 1rem 1rem; margin: 1rem 0; }
.alignment table { border-collapse: separate; border-spacing: 1px; font-size: .8rem; }
.alignment th { font-weight: 400; padding: 0 .35rem; white-space: nowrap; position: sticky; }
.alignment thead th { vertical-align: bottom; top: 0; background: var(--paper); z-index: 1; }
.alignment thead th span { writing-mode: vertical-rl; transform: rotate(180deg); }
.alignment tbody th { text-align: right; left: 0; background: var(--paper); }
.alignment td { min-width: 1.15rem; height: 1.15rem; padding: 0; }
.alignment .on, .lines .on { color: var(--ink); font-weight: 700; }
.alignment td.on { outline: 1.5px solid var(--ink); outline-offset: -1px; }
.lines { overflow-x: auto; margin: 1rem 0; }
.lines text { font-size: 14px; fill: var(--ink); cursor: default; }
.lines text.off { fill: var(--soft); } .lines line.off { opacity: .08; }
.lines text.on { font-weight: 700; }
"""
_SCRIPT = """
(function () {
  'use strict';
  var card = document.getElementById('card'), root = document.documentElement;
  var space = 'http://www.w3.org/2000/svg';
  document.getElementById('theme').addEventListener('click', function () {
    root.classList.toggle('dark'); document.querySelectorAll('section').forEach(paint);
  });
  function colour(data, weight) {
    var all = root.classList.contains('dark') ? data.dark : data.light;
    var share = ((weight || 0) - data.low) / (data.high - data.low);
    return all[Math.round(Math.max(0, Math.min(1, share)) * (all.length - 1))];
  }
  // Where the source is written from right to left, its first word has the last column.
  function seen(data, s) { return data.rtl[0] && s >= 0 ? data.source.length - 1 - s : s; }
  function link(data, t, s) {
    return apart(data.target[t]) + ' \\u2190 ' + apart(data.source[s]) + '  ' +
      exact(data.weights[t][s]);
  }
  // Isolated, so that no word turns another, a number or an arrow.
  function apart(word) { return '\\u2068' + word + '\\u2069'; }
  function exact(weight) { return weight === null ? 'no number' : String(weight); }
  function say(box, text) {
    card.textContent = text; card.style.display = 'block';
    var size = card.getBoundingClientRect();
    card.style.left = Math.max(8, Math.min(box.left, innerWidth - size.width - 12)) + 'px';
    var below = box.bottom + 8 + size.height < innerHeight;
    card.style.top = (below ? box.bottom + 8 : box.top - size.height - 8) + 'px';
  }
  function element(name, attributes, text) {
    var made = document.createElementNS(space, name);
    Object.keys(attributes).forEach(function (key) { made.setAttribute(key, attributes[key]); });
    if (text) { made.textContent = text; }
    return made;
  }
  function build(section) {
    var data = JSON.parse(section.querySelector('script').textContent);
    section.data = data;
    if (data.words) { lines(section, data); }
    // So many cells are more than a browser lays out as a table.
    if (data.source.length * data.target.length > 20000) { grid(section, data); return; }
    var table = document.createElement('table'), head = table.createTHead().insertRow();
    head.appendChild(document.createElement('th'));
    data.source.forEach(function (_, at) {
      var cell = document.createElement('th'), span = document.createElement('span');
      span.textContent = data.source[seen(data, at)];
      cell.appendChild(span); head.appendChild(cell);
    });
    var body = table.createTBody();
    data.target.forEach(function (token, t) {
      var row = body.insertRow(), name = document.createElement('th');
      name.textContent = token; row.appendChild(name);
      data.weights[t].forEach(function () { row.insertCell(); });
    });
    section.querySelector('.alignment').appendChild(table);
    table.addEventListener('mouseover', function (event) {
      var cell = event.target.closest('td, th'), row = cell && cell.parentNode;
      if (!cell) { return; }
      var t = row.parentNode === body ? row.rowIndex - 1 : -1, s = seen(data, cell.cellIndex - 1);
      light(section, t, s);
      if (t >= 0 && s >= 0) {
        say(cell.getBoundingClientRect(), link(data, t, s));
      } else { card.style.display = 'none'; }
    });
    table.addEventListener('mouseleave', function () { light(section, -1, -1); });
  }
  function grid(section, data) {
    var canvas = document.createElement('canvas'), columns = data.source.length;
    var cell = Math.max(1, Math.min(8, Math.floor(1000 / columns)));
    canvas.width = columns * cell; canvas.height = data.target.length * cell;
    section.cell = cell;
    section.querySelector('.alignment').appendChild(canvas);
    canvas.addEventListener('mousemove', function (event) {
      var t = Math.floor(event.offsetY / cell), at = Math.floor(event.offsetX / cell);
      var s = seen(data, at);
      if (!data.weights[t] || at >= columns) { return; }
      light(section, t, s);
      say({ left: event.clientX, top: event.clientY - 4, bottom: event.clientY + 4 },
        link(data, t, s));
    });
    canvas.addEventListener('mouseleave', function () { light(section, -1, -1); });
  }
  function lines(section, data) {
    var svg = element('svg', { height: 190, role: 'img' }), ends = [];
    section.querySelector('.lines').appendChild(svg);
    var widths = [data.source, data.target].map(function (tokens, side) {
      var x = 10, middles = [], order = tokens.map(function (_, at) { return at; });
      if (data.rtl[side]) { order.reverse(); }
      order.forEach(function (at) {
        var word = element('text', { y: side ? 180 : 18, x: x }, tokens[at]);
        word.dataset.side = side; word.dataset.at = at; svg.appendChild(word);
        var length = word.getComputedTextLength();
        middles[at] = x + length / 2; x += length + 14;
      });
      ends.push(middles);
      return x;
    });
    svg.setAttribute('width', Math.max(widths[0], widths[1]));
    ends.forEach(function (middles, side) {
      var shift = (Math.max(widths[0], widths[1]) - widths[side]) / 2;
      svg.querySelectorAll('text[data-side="' + side + '"]').forEach(function (word) {
        word.setAttribute('x', Number(word.getAttribute('x')) + shift);
      });
      middles.forEach(function (_, at) { middles[at] += shift; });
    });
    var drawn = [];
    data.weights.forEach(function (row, t) {
      row.forEach(function (weight, s) {
        if (weight >= 0.02 * data.high) { drawn.push([weight, t, s]); }
      });
    });
    drawn.sort(function (a, b) { return a[0] - b[0]; }).slice(-4000).forEach(function (link) {
      var line = element('line', { x1: ends[0][link[2]], y1: 26, x2: ends[1][link[1]], y2: 162,
        'stroke-width': 0.75 + 3.5 * Math.min(1, link[0] / data.high), 'stroke-linecap': 'round' });
      line.dataset.t = link[1]; line.dataset.s = link[2]; line.dataset.weight = link[0];
      svg.insertBefore(line, svg.firstChild);
      svg.appendChild(line);
    });
    svg.addEventListener('mouseover', function (event) {
      var word = event.target.closest('text');
      if (!word) { return; }
      var side = Number(word.dataset.side), at = Number(word.dataset.at);
      light(section, side ? at : -1, side ? -1 : at);
      var of = side ? data.weights[at].map(function (w, s) { return [w, data.source[s]]; })
        : data.weights.map(function (row, t) { return [row[at], data.target[t]]; });
      of.sort(function (a, b) { return b[0] - a[0]; });
      say(word.getBoundingClientRect(), apart(word.textContent) + ': ' + of.slice(0, 5).map(
        function (pair) { return apart(pair[1]) + ' ' + exact(pair[0]); }).join('   '));
    });
    svg.addEventListener('mouseleave', function () { light(section, -1, -1); });
  }
  function light(section, t, s) {
    if (t < 0 && s < 0) { card.style.display = 'none'; }
    section.querySelectorAll('.on, .off').forEach(function (old) {
      old.classList.remove('on', 'off');
    });
    if (t < 0 && s < 0) { return; }
    var table = section.querySelector('table'), rows = table && table.rows;
    var column = seen(section.data, s) + 1;
    if (rows && s >= 0) { rows[0].cells[column].classList.add('on'); }
    if (rows && t >= 0) { rows[t + 1].cells[0].classList.add('on'); }
    if (rows && t >= 0 && s >= 0) { rows[t + 1].cells[column].classList.add('on'); }
    section.querySelectorAll('.lines line').forEach(function (line) {
      var near = (t < 0 || Number(line.dataset.t) === t) && (s < 0 || Number(line.dataset.s) === s);
      line.classList.add(near ? 'on' : 'off');
    });
    section.querySelectorAll('.lines text').forEach(function (word) {
      var chosen = Number(word.dataset.at) === (word.dataset.side === '1' ? t : s);
      if (chosen) { word.classList.add('on'); }
    });
  }
  function paint(section) {
    var data = section.data, table = section.querySelector('table'), cell = section.cell;
    var brush = table ? null : section.querySelector('canvas').getContext('2d');
    data.weights.forEach(function (row, t) {
      row.forEach(function (weight, s) {
        var paper = colour(data, weight), at = seen(data, s);
        if (table) { table.rows[t + 1].cells[at + 1].style.background = paper; return; }
        brush.fillStyle = paper; brush.fillRect(at * cell, t * cell, cell, cell);
      });
    });
    section.querySelectorAll('.lines line').forEach(function (line) {
      line.setAttribute('stroke', colour(data, Number(line.dataset.weight)));
    });
    var all = root.classList.contains('dark') ? data.dark : data.light;
    section.querySelector('.bar').style.background =
      'linear-gradient(to right, ' + all.join(', ') + ')';
  }
  document.querySelectorAll('section').forEach(function (section) {
    build(section); paint(section);
  });
}());
"""


def alignment_page(parts: Sequence[DrawnAlignment], title: str = "") -> str:
    """The page: a heading, and for each alignment its lines and its table."""
    title = title or (parts[0].heading if len(parts) == 1 else "Alignments")
    sections = "".join(_section(part, len(parts) > 1) for part in parts)
    return (
        '<!DOCTYPE html>\n<html lang="en" data-theme="auto">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_escaped(title)}</title>\n<style>{STYLE}{_STYLE}</style>\n"
        f"<script>{THEME}</script>\n</head>\n<body>\n"
        '<button id="theme" type="button">Light or dark</button>\n'
        f"<header><h1>{_escaped(title)}</h1></header>\n{sections}"
        '<div id="card" role="tooltip"></div>\n<footer>Made with rnnviz.</footer>\n'
        f"<script>{_SCRIPT}</script>\n</body>\n</html>\n"
    )


def _section(part: DrawnAlignment, headed: bool) -> str:
    alignment = part.alignment
    weights = np.where(np.isfinite(alignment.weights), alignment.weights, np.nan)
    data = {
        "source": list(map(shown_token, alignment.source)),
        "target": list(map(shown_token, alignment.target)),
        "weights": [[_rounded(weight) for weight in row] for row in weights.tolist()],
        "rtl": [runs_right_to_left(side) for side in (alignment.source, alignment.target)],
        "low": part.scale.low,
        "high": part.scale.high,
        "words": part.of_weights,
        "light": _colours(part, dark=False),
        "dark": _colours(part, dark=True),
    }
    packed = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    heading = f"<h2>{_escaped(part.heading)}</h2>" if headed else ""
    about = f'<p class="about">{_escaped(part.about)}</p>' if part.about else ""
    return (
        f'<section>{heading}{about}<div class="lines"></div><div class="alignment"></div>'
        f"{_legend(part)}"
        f'<script type="application/json">{packed}</script></section>\n'
    )


def _rounded(weight: float) -> float | None:
    return None if weight != weight else float(f"{weight:.4g}")


def _legend(part: DrawnAlignment) -> str:
    low, middle, high = (f"<span>{_escaped(word)}</span>" for word in part.legend)
    ticks = f'<div class="ticks">{low}{middle}{high}</div>'
    return f'<div class="legend"><div class="bar"></div>{ticks}</div>'


def _colours(part: DrawnAlignment, dark: bool) -> list[str]:
    table = part.scale.colours(dark)
    return [hex_colour(table[round(at * (LEVELS - 1) / (_STOPS - 1))]) for at in range(_STOPS)]


def _escaped(text: str) -> str:
    return html.escape("".join(max(letter, " ") for letter in unturned(text)))
