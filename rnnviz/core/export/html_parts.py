"""The fixed parts of an exported page: its looks and the few lines that answer the pointer."""

STYLE = """
:root { color-scheme: light; --paper: #ffffff; --ink: #181c24; --soft: #5b6472; --line: #d9dee6;
  --card: #ffffff; --shadow: 0 4px 18px rgb(20 30 50 / .16); }
:root.dark { color-scheme: dark; --paper: #15181e; --ink: #eceff4; --soft: #99a3b3; --line: #343b47;
  --card: #1f242d; --shadow: 0 4px 18px rgb(0 0 0 / .5); }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem 1.5rem 4rem; max-width: 68rem; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", "Helvetica Neue", sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .4rem; }
h2 { font-size: 1.2rem; margin: 0 0 .1rem; }
nav ol { padding-left: 1.3rem; }
a { color: inherit; text-underline-offset: .2em; }
section { margin-top: 2.6rem; }
.about { color: var(--soft); margin: 0 0 .5rem; }
.note { margin: .6rem 0; max-width: 44rem; white-space: pre-wrap; }
.legend { width: 20rem; max-width: 100%; margin: .8rem 0 1rem; font-size: .8rem; color: var(--soft);
  font-variant-numeric: tabular-nums; }
.bar { height: .7rem; border-radius: .2rem; box-shadow: 0 0 0 1px var(--line); }
.ticks { display: flex; justify-content: space-between; }
.ticks span { flex: 1 1 0; } .ticks span:nth-child(2) { text-align: center; }
.ticks span:last-child { text-align: right; }
pre { margin: 0; padding: 1rem 1.1rem; border: 1px solid var(--line); border-radius: .5rem;
  font: 13.5px/1.55 "DejaVu Sans Mono", Menlo, Consolas, monospace; tab-size: 8;
  white-space: pre-wrap; overflow-wrap: anywhere; cursor: default; }
.picture { overflow-x: auto; margin: 1rem 0; } .picture svg { max-width: 100%; height: auto; }
.on-dark, .dark .on-light { display: none; } .dark .on-dark { display: block; }
pre { color: #000; }
.dark pre { color: #fff; }
pre i { font-style: normal; padding: .12em 0; }
pre i:hover { outline: 1.5px solid currentcolor; outline-offset: -1px; }
.o { display: inline-block; width: 1ch; padding: 0; line-height: 19.6px; text-align: center;
  text-indent: 0; white-space: pre; direction: ltr; unicode-bidi: isolate; overflow: clip;
  overflow-clip-margin: .3em; vertical-align: bottom; }
.w { width: 2ch; } .m::before { content: "\\25cc"; }
.m { font-family: "DejaVu Sans", "Noto Sans", "Segoe UI", Arial, sans-serif; width: 8.13px;
  font-size: 9.6px; line-height: 19.6px; }
.o[data-s]::before { content: attr(data-s); opacity: .4; }
.n::before { content: "\\21b5"; opacity: .35; font-size: .8em; }
.x { text-decoration: underline dotted; opacity: .6; }
#card { position: fixed; z-index: 2; display: none; min-width: 13rem; padding: .6rem .8rem;
  border: 1px solid var(--line); border-radius: .5rem; background: var(--card);
  box-shadow: var(--shadow); font-size: .85rem; pointer-events: none; }
#card b { font-weight: 600; } #card table { border-spacing: 0; width: 100%; }
#card td { padding: .05rem 0; font-variant-numeric: tabular-nums; }
#card td:last-child { text-align: right; padding-left: 1rem; }
#card .head td { color: var(--soft); padding-top: .4rem; }
#card code { font: 13px "DejaVu Sans Mono", Menlo, Consolas, monospace; }
footer { margin-top: 3rem; color: var(--soft); font-size: .8rem; }
#theme { position: absolute; top: 1rem; right: 1.2rem; border: 1px solid var(--line);
  border-radius: .4rem; background: none; color: var(--soft); font: inherit; font-size: .8rem;
  padding: .2rem .6rem; cursor: pointer; }
@media print {
  body { max-width: none; padding: 0; } #theme, #card { display: none !important; }
  section { break-before: page; } section:first-of-type { break-before: auto; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""

THEME = """
(function () {
  var root = document.documentElement, wanted = root.dataset.theme;
  var system = window.matchMedia('(prefers-color-scheme: dark)');
  function follow() { root.classList.toggle('dark', system.matches); }
  if (wanted === 'auto') { follow(); system.addEventListener('change', follow); }
  window.addEventListener('beforeprint', function () { root.classList.remove('dark'); });
}());
"""

SCRIPT = """
(function () {
  'use strict';
  var card = document.getElementById('card'), root = document.documentElement;
  document.getElementById('theme').addEventListener('click', function () {
    root.classList.toggle('dark');
  });
  var pictures = { '\\n': '\\u21b5 newline', '\\t': '\\u21e5 tab', ' ': '\\u2423 space',
                   '\\r': '\\u240d return', '\\u00a0': 'no-break space' };
  function row(name, value, kind) {
    var line = document.createElement('tr');
    if (kind) { line.className = kind; }
    [name, value].forEach(function (text) {
      var cell = document.createElement('td'); cell.textContent = text; line.appendChild(cell);
    });
    return line;
  }
  function show(text) {
    if (pictures[text] || !/^[\\p{C}\\p{M}\\p{Z}]$/u.test(text)) { return pictures[text] || text; }
    var code = text.codePointAt(0).toString(16).toUpperCase().padStart(4, '0');
    return (/\\p{M}/u.test(text) ? '\\u25cc' + text + ' ' : '') + 'U+' + code;
  }
  document.querySelectorAll('pre').forEach(function (pre) {
    var data = JSON.parse(document.getElementById(pre.dataset.of).textContent);
    var next = Array.from(data.next || '');
    var places = new Map(Array.from(pre.children, function (cell, at) { return [cell, at]; }));
    function fill(cell) {
      var at = places.get(cell), table = document.createElement('table');
      var value = data.values[at], bits = data.surprisal && data.surprisal[at];
      table.appendChild(row(show(cell.textContent), (data.start + at).toLocaleString('en')));
      table.appendChild(row(data.quantity, value === null ? 'none' : String(value)));
      if (typeof bits === 'number') { table.appendChild(row('surprisal', bits + ' bits')); }
      if (cell.classList.contains('x')) { table.appendChild(row('not in the vocabulary', '')); }
      if (data.labels) {
        var label = data.labels[at];
        table.appendChild(row(data.concept, label === null ? 'does not apply'
          : label === true ? 'yes' : label === false ? 'no' : String(label)));
      }
      for (var k = 0; k < 5; k += 1) {
        var share = data.shares ? data.shares[5 * at + k] : 0;
        if (share > 0 && k === 0) { table.appendChild(row('then likely', '', 'head')); }
        if (share > 0) {
          table.appendChild(row(show(next[5 * at + k]), (share / 10).toFixed(1) + ' %'));
        }
      }
      card.replaceChildren(table);
    }
    pre.addEventListener('mouseover', function (event) {
      var cell = event.target.closest('i');
      if (!cell) { return; }
      fill(cell);
      card.style.display = 'block';
      var box = cell.getBoundingClientRect(), size = card.getBoundingClientRect();
      var left = Math.min(box.left, window.innerWidth - size.width - 12);
      var below = box.bottom + 8;
      var top = below + size.height < window.innerHeight ? below : box.top - size.height - 8;
      card.style.left = Math.max(8, left) + 'px';
      card.style.top = Math.max(8, top) + 'px';
    });
    pre.addEventListener('mouseleave', function () { card.style.display = 'none'; });
  });
}());
"""
