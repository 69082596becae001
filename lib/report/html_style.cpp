// The style sheet of the HTML report. Colours are variables, so that light and dark differ in one
// place.
#include "mae/report/html_style.h"

namespace mae {

const std::string_view kReportStyle = R"css(
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --ink: #1b1f27; --soft: #5c6573; --line: #dfe3e9;
  --accent: #2f6fdd; --well: #eceff3; }
@media (prefers-color-scheme: dark) {
  :root { --page: #12151a; --card: #1b2027; --ink: #e7eaef; --soft: #98a2b1; --line: #2c333d; --accent: #7fb0ff; --well: #11141a; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif;
  -webkit-text-size-adjust: 100%; }
main { max-width: 1240px; margin: 0 auto; padding: clamp(16px, 4vw, 40px); }
h1 { font-size: clamp(1.5rem, 4.5vw, 2.1rem); line-height: 1.2; margin: 0 0 .3em; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.2em 0 .7em; }
.lead { color: var(--soft); margin: 0 0 1.6em; max-width: 46em; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 12px; margin: 0 0 16px; }
.figures > div { padding: 12px 16px; }
.figures dt { color: var(--soft); font-size: .85rem; }
.figures dd { margin: 0; font-size: 1.45rem; font-weight: 650; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 7px 16px; overflow-wrap: anywhere; }
tr { border-top: 1px solid var(--line); }
tr:first-child { border-top: 0; }
th { color: var(--soft); font-weight: 500; width: 32%; min-width: 7.5em; overflow-wrap: normal; }
.chart { padding: 14px 12px 8px; margin-bottom: 12px; overflow-x: auto; }
.chart svg { display: block; width: 100%; height: auto; min-width: 440px; max-width: 780px; margin: 0 auto; }
.legend { display: flex; align-items: center; gap: 10px; color: var(--soft); font-size: .85rem; margin: 0 0 12px; flex-wrap: wrap; }
.legend svg { width: 160px; height: 12px; border-radius: 3px; }
.samples { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 440px), 1fr)); gap: 16px; }
.sample { padding: 14px 16px 12px; min-width: 0; scroll-margin-top: 12px; }
.sample:target { grid-column: 1 / -1; border-color: var(--accent); }
.sample header { display: flex; align-items: baseline; gap: 10px; margin-bottom: 10px; }
.sample h3 { font-size: .95rem; margin: 0; min-width: 0; flex: 1; overflow-wrap: anywhere; }
.sample h3 a { color: inherit; text-decoration: none; }
.sample h3 a:hover, .sample h3 a:focus-visible { color: var(--accent); text-decoration: underline; }
.label { font-size: .8rem; padding: 1px 9px; border-radius: 99px; background: var(--well); color: var(--soft); max-width: 50%;
  overflow-wrap: anywhere; }
.close { display: none; color: var(--accent); font-size: .85rem; }
.sample:target .close { display: inline; }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(88px, 1fr)); gap: 8px; }
figure { margin: 0; min-width: 0; }
figure img { display: block; width: 100%; height: auto; border-radius: 4px; background: var(--well); }
figure img.small { image-rendering: pixelated; }
.words { margin: 4px 0; }
.words ins { background: #cdebd0; color: #14401b; text-decoration: none; border-radius: 3px; padding: 0 3px; }
.words ins.wrong { background: #f6d5d0; color: #5c1a10; }
.words del { color: var(--soft); }
figcaption { color: var(--soft); font-size: .78rem; margin-top: 3px; text-align: center; }
.numbers { margin: 10px 0 0; color: var(--soft); font-size: .85rem; display: flex; flex-wrap: wrap; gap: 2px 18px; }
.numbers b { color: var(--ink); font-weight: 600; font-variant-numeric: tabular-nums; }
details { margin-top: 2.2em; padding: 12px 16px; }
summary { cursor: pointer; font-weight: 600; }
pre { overflow-x: auto; font-size: .8rem; line-height: 1.45; margin: 12px 0 4px; }
footer { color: var(--soft); font-size: .85rem; margin-top: 2em; }
@media (min-width: 900px) { tbody { display: grid; grid-template-columns: 1fr 1fr; }
  tr { display: grid; grid-template-columns: minmax(8em, 30%) 1fr; } th { width: auto; } tr:nth-child(2) { border-top: 0; } }
@media (max-width: 520px) { .pictures { grid-template-columns: 1fr 1fr; } th, td { padding: 8px 12px; } th { width: 38%; } }
@media print { body { background: #fff; } .sample { break-inside: avoid; } }
)css";

}  // namespace mae
